import { err, ok } from "../../lib/result.ts";
import type { BackendProtocol } from "../../model/backend-protocol.ts";
import type { Parsed } from "../entries/entry.ts";
import { Fields } from "../entries/feature.ts";
import { closesRoute } from "../entries/finding.ts";

const backend = new Fields<{ protocol: BackendProtocol }>({ group: "Routing and rewrite" }, () => ({
  protocol: "http",
}));

/** What the endpoints speak. */
export const BACKEND_PROTOCOL = backend.feature({
  entries: [
    backend.field("protocol", parseProtocol, {
      name: "backend-protocol",
      risk: "low",
      value: "`HTTP`, `HTTPS`, `GRPC`, `GRPCS`, `AUTO_HTTP`",
      fallback: "`HTTP`",
      status: { kind: "differs", how: "`FCGI` closes the routes with 503" },
      doc: "Protocol spoken to the endpoints. `GRPC` and `GRPCS` are HTTP/2 without and with TLS; `AUTO_HTTP` uses TLS where the client does. TLS neither verifies the endpoint nor sends a server name.",
    }),
  ],
  policy: ({ protocol }) => protocol,
});

const SPOKEN: ReadonlyMap<string, BackendProtocol> = new Map([
  ["HTTP", "http"],
  ["HTTPS", "https"],
  ["GRPC", "grpc"],
  ["GRPCS", "grpcs"],
  ["AUTO_HTTP", "auto"],
]);

/** Case does not matter. Traffic in a protocol that the endpoint does not speak is useless, so the unspoken one closes the routes. */
function parseProtocol(text: string): Parsed<BackendProtocol> {
  const word = text.toUpperCase();
  const spoken = SPOKEN.get(word);
  if (spoken !== undefined) return ok(spoken);
  if (word !== "FCGI") return err("expected HTTP, HTTPS, GRPC, GRPCS or AUTO_HTTP");
  const way = "put a web server with FastCGI, such as nginx, into the pod and serve HTTP";
  return err(closesRoute(`FCGI endpoints are not supported; ${way}`));
}
