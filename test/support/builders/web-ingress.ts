import type { FakeObject } from "../servers/fake-api-server/object-log.ts";

/** An Ingress in namespace `shop` that leads everything of a host to Service `web`. An empty `secretName`: no TLS. */
export function buildWebIngress(name: string, host: string, secretName = ""): FakeObject & { readonly kind: string } {
  const backend = { service: { name: "web", port: { number: 80 } } };
  return {
    kind: "Ingress",
    metadata: { name, namespace: "shop" },
    spec: {
      ingressClassName: "nginx",
      ...(secretName === "" ? {} : { tls: [{ hosts: [host], secretName }] }),
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}
