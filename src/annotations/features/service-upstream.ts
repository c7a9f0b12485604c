import { at, Keys } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";

const service = new Fields({ group: "Routing and rewrite", scope: "upstream" }, ({ serviceUpstream }) => ({
  serviceUpstream,
}));
const keys = new Keys({ group: "Proxying, timeouts, retries" });

/** True: the Service's cluster address is the only endpoint. */
export const SERVICE_UPSTREAM = service.feature({
  entries: [
    service.bool("serviceUpstream", {
      name: "service-upstream",
      risk: "low",
      fallback: "ConfigMap `service-upstream`",
      doc: "The Service's cluster address is the only endpoint: Kubernetes balances, retries meet the same address.",
    }),
  ],
  policy: ({ serviceUpstream }) => serviceUpstream,
  keys: [
    keys.bool(at("translation", "serviceUpstream"), {
      name: "service-upstream",
      fallback: "false",
      doc: "Default of the annotation.",
    }),
  ],
});
