import { unsupportedKeys } from "../entries/config-key.ts";
import { isFalse, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

export const ERROR_PAGES = unbuilt(
  unsupported({ group: "Proxying" }, [
    [
      "custom-http-errors",
      "low",
      "comma list of statuses",
      "ConfigMap",
      "Statuses whose bodies come from the default backend.",
    ],
    [
      "default-backend",
      "low",
      "Service name",
      "the controller's",
      "Service for error bodies, and where the path's own has no endpoints.",
    ],
    ["disable-proxy-intercept-errors", "low", "bool", "false", "Keeps error bodies of the endpoints.", isFalse],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
    ["custom-http-errors", "list", "", "Statuses whose bodies come from the default backend."],
    ["disable-proxy-intercept-errors", "bool", "false", "Keeps error bodies of the endpoints."],
  ]),
);
