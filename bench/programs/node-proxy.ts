import { readFileSync } from "node:fs";
import { Agent, type ClientRequest, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { parseArgs } from "node:util";
import { randomBytes } from "node:crypto";

/** A reverse proxy of one of the npm packages, one upstream, with ingress-nginx's forwarded headers. */
interface Proxy {
  web(request: IncomingMessage, response: ServerResponse): void;
  ws(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  on(event: "error", listener: (error: Error, request: IncomingMessage, response: unknown) => void): void;
  on(event: "proxyReq", listener: (outgoing: ClientRequest, request: IncomingMessage) => void): void;
}

interface ProxyPackage {
  readonly default: { createProxyServer(options: Readonly<Record<string, unknown>>): Proxy };
}

const { values } = parseArgs({
  options: {
    package: { type: "string", default: "http-proxy" },
    "http-port": { type: "string", default: "0" },
    "https-port": { type: "string", default: "0" },
    "backend-port": { type: "string", default: "0" },
    "cert-file": { type: "string", default: "" },
    "key-file": { type: "string", default: "" },
  },
});

// The packages live in bench/node_modules and are not there when this is type-checked.
const { default: library } = (await import(values.package)) as ProxyPackage;
const proxy = library.createProxyServer({
  target: `http://127.0.0.1:${values["backend-port"]}`,
  agent: new Agent({ keepAlive: true, maxSockets: 320, maxFreeSockets: 320 }),
  ws: true,
  xfwd: true,
});
proxy.on("error", (_error, _request, response) => {
  if (response instanceof Object && "destroy" in response && typeof response.destroy === "function") response.destroy();
});
proxy.on("proxyReq", (outgoing, request) => {
  const address = request.socket.remoteAddress ?? "";
  const scheme = "encrypted" in request.socket ? "https" : "http";
  outgoing.setHeader("x-request-id", randomBytes(16).toString("hex"));
  outgoing.setHeader("x-real-ip", address);
  outgoing.setHeader("x-forwarded-scheme", scheme);
  outgoing.setHeader("x-scheme", scheme);
});

const cert = readFileSync(values["cert-file"]);
const key = readFileSync(values["key-file"]);
for (const [server, port] of [
  [createServer({ keepAliveTimeout: 75_000 }, serve), values["http-port"]],
  [createTlsServer({ cert, key, keepAliveTimeout: 75_000 }, serve), values["https-port"]],
] as const) {
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    proxy.ws(request, socket, head);
  });
  server.listen(Number(port), "127.0.0.1", 4096);
}
process.once("SIGTERM", () => process.exit(0));

function serve(request: IncomingMessage, response: ServerResponse): void {
  proxy.web(request, response);
}
