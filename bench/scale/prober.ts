import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, createSecureContext } from "node:tls";

/** What clients see once a change is live. */
export type Expectation =
  | { readonly kind: "body"; readonly host: string; readonly body: string }
  | { readonly kind: "status"; readonly host: string; readonly status: number }
  /** Whether the backend's header X-Backend comes through. */
  | { readonly kind: "header"; readonly host: string; readonly present: boolean }
  | { readonly kind: "certificate"; readonly host: string; readonly cert: string };

/** Enough that each of a few workers has one: the kernel gives connections to workers by their hash. */
const CONNECTIONS = 8;
/** So many new TLS connections in a row must see a certificate, for the same reason. */
const STREAK = 8;
const LOOK_EVERY_MS = 1;
const DEADLINE_MS = 60_000;

/** Asks over and over, on several connections, until a change is seen on all of them. */
export class Prober implements Disposable {
  readonly #ports: { readonly http: number; readonly https: number };
  readonly #agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  readonly #secureContext = createSecureContext();

  constructor(ports: { readonly http: number; readonly https: number }) {
    this.#ports = ports;
  }

  /** Resolves with the monotonic time at which the last connection saw the change. Rejects after a minute. */
  async untilLive(expected: Expectation): Promise<bigint> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    if (expected.kind === "certificate") return this.#untilCertificate(expected, deadline);
    const seen = await Promise.all(
      this.#agents.map(async (agent) => {
        while (!(await this.#isSeen(expected, agent))) {
          if (deadline.aborted) throw new Error(`not live after ${DEADLINE_MS} ms: ${JSON.stringify(expected)}`);
          await sleep(LOOK_EVERY_MS);
        }
        return process.hrtime.bigint();
      }),
    );
    return seen.reduce((latest, each) => (each > latest ? each : latest));
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents) agent.destroy();
  }

  async #isSeen(expected: Exclude<Expectation, { kind: "certificate" }>, agent: Agent): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get({ host: "127.0.0.1", port: this.#ports.http, agent, headers: { host: expected.host } }, resolve).on(
      "error",
      reject,
    );
    const response = await promise;
    let body = "";
    for await (const chunk of response.setEncoding("utf8")) body += String(chunk);
    switch (expected.kind) {
      case "body":
        return body === expected.body;
      case "status":
        return response.statusCode === expected.status;
      case "header":
        return "x-backend" in response.headers === expected.present;
      default:
        return expected satisfies never;
    }
  }

  async #untilCertificate(expected: { host: string; cert: string }, deadline: AbortSignal): Promise<bigint> {
    let [streak, since] = [0, 0n];
    while (streak < STREAK) {
      if (deadline.aborted) throw new Error(`the certificate of ${expected.host} is not live`);
      const isNew = await this.#servesCertificate(expected);
      if (isNew && streak === 0) since = process.hrtime.bigint();
      streak = isNew ? streak + 1 : 0;
    }
    return since;
  }

  async #servesCertificate({ host, cert }: { host: string; cert: string }): Promise<boolean> {
    const common = { host: "127.0.0.1", port: this.#ports.https, servername: host, rejectUnauthorized: false };
    const socket = connect({ ...common, secureContext: this.#secureContext });
    socket.on("error", () => {});
    try {
      await once(socket, "secureConnect", { signal: AbortSignal.timeout(DEADLINE_MS) });
      return socket.getPeerX509Certificate()?.toString().trim() === firstCertificate(cert);
    } finally {
      socket.destroy();
    }
  }
}

const END = "-----END CERTIFICATE-----";

/** The leaf of a PEM chain, with plain line ends. */
function firstCertificate(pem: string): string {
  return pem.slice(0, pem.indexOf(END) + END.length).replaceAll("\r", "");
}
