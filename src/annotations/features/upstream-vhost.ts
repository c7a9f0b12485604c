import { parseAuthority } from "../../lib/host-name.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { Fields } from "../entries/feature.ts";

const vhost = new Fields<{ host: string | null }>({ group: "Routing and rewrite" }, () => ({ host: null }));

/** Value of the Host header sent upstream; null: the client's. */
export const UPSTREAM_VHOST = vhost.feature({
  entries: [
    vhost.field("host", parseVhost, {
      name: "upstream-vhost",
      risk: "low",
      value: "host name, optional port",
      fallback: "the client's host",
      status: { kind: "differs", how: "nginx variables are refused, the client's host is sent instead" },
      doc: "Host header sent upstream. X-Forwarded-Host keeps the client's.",
    }),
  ],
  policy: ({ host }) => host,
});

/** A Host header value without variables. */
function parseVhost(text: string): Result<string> {
  if (text.includes("$")) return err("nginx variables are not expanded; write the host name itself");
  const authority = parseAuthority(text);
  return authority.ok ? ok(text) : err(`expected a host name with an optional port: ${authority.error}`);
}
