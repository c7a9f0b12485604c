import { err, ok, type Result } from "../../lib/result.ts";
import { at, Keys, unsupportedKeys } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";

const headers = new Fields<{ configMap: string | null }>({ group: "Proxying", protects: "access" }, () => ({
  configMap: null,
}));
const keys = new Keys({ group: "Access control" });

/** `namespace/name` of the ConfigMap with the headers, or null. */
export const RESPONSE_HEADERS = headers.feature({
  entries: [
    headers.field("configMap", parseObjectName, {
      name: "custom-headers",
      risk: "medium",
      value: "`namespace/name` of a ConfigMap",
      fallback: "none",
      status: {
        kind: "differs",
        how: "the ConfigMap must be in the Ingress's namespace; changes of it are live at once",
      },
      doc: "Response headers, on every answer and in the place of the backend's. Each must be listed in the ConfigMap's `global-allowed-response-headers`; if one is not, or the ConfigMap is not there, the routes answer 503.",
    }),
  ],
  policy: ({ configMap }) => configMap,
  references: (configMap, namespace) =>
    configMap?.startsWith(`${namespace}/`) === true ? [{ kind: "ConfigMap", key: configMap }] : [],
  keys: [
    keys.list(at("translation", "allowedResponseHeaders"), {
      name: "global-allowed-response-headers",
      fallback: "",
      doc: "Headers that `custom-headers` may set.",
    }),
    ...unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
      ["add-headers", "text", "", "ConfigMap with headers for every response."],
    ]),
  ],
});

function parseObjectName(text: string): Result<string> {
  return /^[a-z0-9][a-z0-9-]{0,62}\/[a-z0-9][a-z0-9.-]{0,252}$/.test(text)
    ? ok(text)
    : err("expected namespace/name of a ConfigMap");
}
