import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { CorsFilter } from "../../src/model/filters/cors.ts";
import { readAnnotations } from "../support/builders/read-annotations.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { hasNginx, NginxProcess } from "../support/servers/nginx-process.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";

const LISTS = [
  "*",
  "https://shop.example.com",
  "https://*.example.com:8443,http://localhost:3000,null",
  "https://*.a.example,https://b.example,app://c",
];
const ORIGINS = [
  null,
  "https://shop.example.com",
  "HTTPS://SHOP.example.com",
  "https://a.example.com:8443",
  "https://a.b.example.com:8443",
  "https://a_b.example.com:8443",
  "https://a.example.com",
  "https://.example.com:8443",
  "http://localhost:3000",
  "http://localhost",
  "null",
  "nullx",
  "https://x-1.a.example",
  "https://a.example",
  "https://b.example.evil.example",
  "app://c",
  "*",
];
const METHODS = ["GET", "OPTIONS", "POST", "HEAD"];

/** What ingress-nginx 1.15's template makes of a CORS policy, in our words. */
function nginxCors(cors: CorsFilter): string {
  const { origins } = cors;
  const test =
    origins === "any"
      ? `set $http_origin *; set $cors "true";`
      : `if ($http_origin ~* (${origins.map(originRegex).join("|")})$ ) { set $cors "true"; }`;
  const headers = [
    `more_set_headers "Access-Control-Allow-Origin: $http_origin";`,
    cors.credentials ? `more_set_headers "Access-Control-Allow-Credentials: true";` : "",
    `more_set_headers "Access-Control-Allow-Methods: ${cors.methods}";`,
    `more_set_headers "Access-Control-Allow-Headers: ${cors.headers}";`,
    cors.exposedHeaders === null ? "" : `more_set_headers "Access-Control-Expose-Headers: ${cors.exposedHeaders}";`,
    `more_set_headers "Access-Control-Max-Age: ${cors.maxAgeSeconds}";`,
  ].join("\n");
  return `
    set $cors "";
    ${test}
    if ($request_method = "OPTIONS") { set $cors "\${cors}options"; }
    if ($cors = "true") { ${headers} }
    if ($cors = "trueoptions") {
      ${headers}
      more_set_headers "Content-Type: text/plain charset=UTF-8";
      more_set_headers "Content-Length: 0";
      return 204;
    }`;
}

function originRegex(origin: string): string {
  return `(${origin.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replace("*", "[A-Za-z0-9\\-]+")})`;
}

interface Seen {
  readonly status: number | undefined;
  readonly body: string;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
}

async function ask(
  to: { socketPath: string } | { port: number },
  method: string,
  origin: string | null,
): Promise<Seen> {
  const headers = { host: "shop.example", ...(origin === null ? {} : { origin }) };
  const sent = httpRequest({ ...to, host: "127.0.0.1", method, path: "/", headers, agent: false, timeout: 10_000 });
  sent.end();
  const [response] = await once(sent, "response");
  const body = await text(response);
  // A length has no place in a 204 (RFC 9110 §8.6); Debian's nginx writes the one that it is told to.
  const isSeen = response.statusCode === 204 ? /^(access-control-|content-type)/ : /^(access-control|content)-/;
  const fields = Object.entries(response.headers).filter(([name]) => isSeen.test(name));
  return { status: response.statusCode, body, fields: Object.fromEntries(fields) as Seen["fields"] };
}

describe.skipIf(!hasNginx())("CORS beside nginx with the configuration that ingress-nginx makes", () => {
  test.each(LISTS)("is answered the same for cors-allow-origin: %s", async (list) => {
    const annotations = { "enable-cors": "true", "cors-allow-origin": list, "cors-expose-headers": "X-Total, X-Page" };
    const { cors } = readAnnotations(annotations).policy;
    if (cors === null) throw new Error("the list has no origin");
    await using backend = await RawBackend.open(
      answerText("ok", "200 OK", ["X-App: shop", "Access-Control-Max-Age: 1"]),
    );
    const location = `location / { ${nginxCors(cors)} proxy_pass http://${backend.address}; }`;
    await using nginx = await NginxProcess.open(location);
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", { cors })])],
      endpoints: { "test-x-80": [backend.address] },
    });
    for (const method of METHODS) {
      for (const origin of ORIGINS) {
        const ours = await ask({ port: fixture.http.port }, method, origin);
        const theirs = await ask(nginx, method, origin);
        expect(ours, `${method} from ${origin}`).toEqual(theirs);
      }
    }
  });
});
