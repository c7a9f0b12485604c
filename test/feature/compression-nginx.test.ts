import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { hasNginx, hasNginxBrotli, NginxProcess } from "../support/servers/nginx-process.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { type BackendRequest, RawBackend } from "../support/servers/raw-backend.ts";

const { enabled: _gzipOff, ...gzip } = DEFAULT_SETTINGS.translation.gzip;
const { enabled: _brotliOff, ...brotli } = DEFAULT_SETTINGS.translation.brotli;

/** What ingress-nginx's template writes. */
function directives(name: "gzip" | "brotli"): string {
  const { level, minLengthBytes, types } = DEFAULT_SETTINGS.translation[name];
  return `
    ${name} on;
    ${name}_comp_level ${level};
    ${name}_min_length ${minLengthBytes};
    ${name}_types ${types === "any" ? "*" : types.join(" ")};`;
}

const GZIP = `${directives("gzip")} gzip_http_version 1.1; gzip_proxied any; gzip_vary on;`;

/** The backend's answer: status, fields, length of its text, and whether that is told. */
type Sent = readonly [status: number, fields: readonly string[], length: number, framing?: "chunked"];

const ANSWERS: Readonly<Record<string, Sent>> = {
  plain: [200, ["Content-Type: text/plain"], 2000],
  html: [200, ["Content-Type: text/html; charset=utf-8"], 2000],
  upper: [200, ["Content-Type: TEXT/CSS"], 2000],
  image: [200, ["Content-Type: image/png"], 2000],
  untyped: [200, [], 2000],
  "255": [200, ["Content-Type: text/plain"], 255],
  "256": [200, ["Content-Type: text/plain"], 256],
  "19": [200, ["Content-Type: text/plain"], 19],
  "20": [200, ["Content-Type: text/plain"], 20],
  chunked: [200, ["Content-Type: text/plain"], 5, "chunked"],
  empty: [200, ["Content-Type: text/plain"], 0],
  created: [201, ["Content-Type: text/plain"], 2000],
  partial: [206, ["Content-Type: text/plain", "Content-Range: bytes 0-1999/5000"], 2000],
  forbidden: [403, ["Content-Type: text/plain"], 2000],
  missing: [404, ["Content-Type: text/plain"], 2000],
  broken: [500, ["Content-Type: text/plain"], 2000],
  coded: [200, ["Content-Type: text/plain", "Content-Encoding: zstd"], 2000],
  strong: [200, ["Content-Type: text/plain", 'ETag: "v1"', "Accept-Ranges: bytes"], 2000],
  weak: [200, ["Content-Type: text/plain", 'ETag: W/"v1"'], 2000],
  bare: [200, ["Content-Type: text/plain", "ETag: v1"], 2000],
};

/** Without `*` and without preferences among codings: nginx knows neither. */
const ACCEPTS = [
  null,
  "",
  "gzip",
  "gzip, deflate",
  "deflate",
  "GZIP",
  "gzip;q=0",
  "gzip;q=0.5",
  "gzip; q=1.0, identity",
  "identity",
  "br",
  "gzip, deflate, br",
  "br;q=0, gzip",
];

function answer({ line, socket }: BackendRequest): void {
  const [status, fields, length, framing] = ANSWERS[(line.split(" ")[1] ?? "").slice(1)] ?? [500, [], 0];
  const text = "x".repeat(length);
  const chunks = `${length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
  const frame = framing === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
  const head = [`HTTP/1.1 ${status} Status`, ...fields, frame].join("\r\n");
  socket.write(`${head}\r\n\r\n${line.startsWith("HEAD ") ? "" : framing === "chunked" ? chunks : text}`);
}

async function ask(to: { socketPath: string } | { port: number }, method: string, path: string, accept: string | null) {
  const headers = { host: "shop.example", ...(accept === null ? {} : { "accept-encoding": accept }) };
  const sent = httpRequest({ ...to, host: "127.0.0.1", method, path: `/${path}`, headers, agent: false });
  sent.end();
  const [response] = await once(sent, "response", { signal: AbortSignal.timeout(10_000) });
  const {
    "content-encoding": coding,
    vary,
    etag,
    "accept-ranges": ranges,
    "content-length": length,
  } = response.headers;
  const body = await buffer(response);
  return { status: response.statusCode, coding, vary, etag, ranges, length, body: decode(body, coding).toString() };
}

function decode(body: Buffer, coding: unknown): Buffer {
  if (body.length === 0) return body;
  if (coding === "br") return brotliDecompressSync(body);
  return coding === "gzip" ? gunzipSync(body) : body;
}

describe.skipIf(!hasNginx())("compression beside nginx with the configuration that ingress-nginx makes", () => {
  let backend: RawBackend;
  beforeAll(async () => {
    backend = await RawBackend.open(answer);
  });
  afterAll(() => backend.close());

  const configured = [
    { name: "gzip", text: GZIP, compression: { gzip, brotli: null }, skip: false },
    {
      name: "gzip and brotli",
      text: GZIP + directives("brotli"),
      compression: { gzip, brotli },
      skip: !hasNginxBrotli(),
    },
  ];

  for (const { name, text, compression, skip } of configured) {
    test.skipIf(skip)(`of ${name} is the same for every answer and every client`, { timeout: 60_000 }, async () => {
      await using nginx = await NginxProcess.open(
        `${text} location / { proxy_http_version 1.1; proxy_pass http://${backend.address}; }`,
      );
      await using fixture = await ProxyFixture.open({
        hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", { compression })])],
        endpoints: { "test-x-80": [backend.address] },
      });
      for (const path of Object.keys(ANSWERS)) {
        // That an answer to HEAD would have had no body is not told apart from an answer without a length.
        for (const method of path === "empty" ? ["GET"] : ["GET", "HEAD"]) {
          for (const accept of ACCEPTS) {
            const ours = await ask({ port: fixture.http.port }, method, path, accept);
            const theirs = await ask(nginx, method, path, accept);
            expect.soft(ours, `${method} /${path} with ${accept}`).toEqual(theirs);
          }
        }
      }
    });
  }
});
