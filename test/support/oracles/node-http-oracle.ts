import { createServer, type IncomingMessage, type Server } from "node:http";
import { Duplex } from "node:stream";
import { manyTurns } from "../waiting/waiting.ts";

/** A request as node:http's strict parser understands it. */
export interface NodeReading {
  readonly method: string;
  readonly target: string;
  /** `Name: value` as sent. */
  readonly fields: readonly string[];
  readonly body: string;
}

/** node:http without a socket: bytes in, requests out. */
export class NodeHttpOracle {
  readonly #server: Server;
  #readings: NodeReading[] = [];

  constructor() {
    const limits = { maxHeaderSize: 65_536, requireHostHeader: false, joinDuplicateHeaders: false };
    this.#server = createServer({ insecureHTTPParser: false, ...limits }, (request, response) => {
      let body = "";
      request.setEncoding("latin1");
      request.on("error", () => {});
      response.on("error", () => {});
      request.on("data", (text: string) => (body += text));
      request.on("end", () => {
        const { method = "", url = "" } = request;
        this.#readings.push({ method, target: url, fields: fieldsOf(request), body });
        response.end();
      });
    });
    this.#server.maxHeadersCount = 0;
    for (const event of ["checkContinue", "checkExpectation"] as const)
      this.#server.on(event, (request, response) => this.#server.emit("request", request, response));
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** Every request that is complete in these bytes. */
  async read(bytes: string): Promise<readonly NodeReading[]> {
    this.#readings = [];
    const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    socket.on("error", () => {});
    this.#server.emit("connection", socket);
    socket.push(Buffer.from(bytes, "latin1"));
    await manyTurns(bytes.length > 2000 ? 12 : 6);
    socket.destroy();
    return this.#readings;
  }
}

function fieldsOf(request: IncomingMessage): string[] {
  const { rawHeaders } = request;
  return rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name.toLowerCase()}: ${rawHeaders[i + 1]}`] : []));
}
