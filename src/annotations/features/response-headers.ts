import { unsupportedKeys } from "../entries/config-key.ts";
import { unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

export const RESPONSE_HEADERS = unbuilt(
  unsupported({ group: "Proxying" }, [
    ["custom-headers", "medium", "`namespace/name` of a ConfigMap", "none", "Response headers."],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
    ["add-headers", "text", "", "ConfigMap with headers for every response."],
  ]),
);
