import { createServer } from "node:http";
import { hostname } from "node:os";

/** Stands for an application: answers with its pod's name, and what it was asked. */
const name = process.env["POD_NAME"] ?? hostname();
const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.end(`${name} ${request.method} ${request.url}\n`));
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env["PORT"] ?? 8080));
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
