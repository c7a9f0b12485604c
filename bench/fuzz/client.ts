import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { OracleReading } from "../../test/support/oracles/request-oracle.ts";
import { AnswerReader } from "./answers.ts";
import type { Plan } from "./plan.ts";

/** Without a byte for so long, far beyond every deadline of the proxy under test, a connection hangs. */
const HANG_MS = 40_000;
const SLOW_PAUSE_MS = 30;

/** Where the proxy listens. */
export interface Ports {
  readonly http: number;
  readonly https: number;
}

/** What came of one plan. */
export interface FinishedState {
  readonly reader: AnswerReader;
  /** The proxy ended its side properly. */
  readonly ended: boolean;
  readonly error: string | null;
  readonly hung: boolean;
}

/** Carries out the client's part of a plan against the proxy, from an address of its own. */
export function runClient(ports: Ports, address: string, plan: Plan, oracle: OracleReading): Promise<FinishedState> {
  return new PlanClient(openSocket(ports, address, plan), plan, oracle).run();
}

function openSocket(ports: Ports, localAddress: string, plan: Plan): Socket {
  const options = { host: "127.0.0.1", localAddress, allowHalfOpen: true, noDelay: true };
  if (plan.transport === "plain") return connect({ port: ports.http, ...options });
  return connectTls({ port: ports.https, rejectUnauthorized: false, ...options });
}

class PlanClient {
  readonly #plan: Plan;
  readonly #reader: AnswerReader;
  readonly #socket: Socket;
  /** Answers after which nothing more is to be expected. */
  readonly #expected: number;
  readonly #done = Promise.withResolvers<void>();
  #ended = false;
  #hung = false;
  #error: string | null = null;
  #sentAll = false;

  constructor(socket: Socket, plan: Plan, oracle: OracleReading) {
    this.#plan = plan;
    const methods = oracle.messages.map(({ method }) => method);
    if (oracle.unfinished !== null) methods.push(oracle.unfinished.method);
    this.#reader = new AnswerReader(methods);
    this.#expected = oracle.messages.length + (oracle.end === "refused" ? 1 : 0);
    this.#socket = socket;
  }

  async run(): Promise<FinishedState> {
    const socket = this.#socket;
    const timer = setTimeout(() => {
      this.#hung = true;
      socket.destroy();
    }, HANG_MS);
    socket.on("error", (error: NodeJS.ErrnoException) => (this.#error ??= error.code ?? "ERROR"));
    socket.on("close", () => this.#done.resolve());
    socket.on("data", (chunk: Buffer) => {
      timer.refresh();
      this.#take(chunk);
    });
    socket.on("end", () => {
      this.#ended = true;
      socket.end();
    });
    socket.on(this.#plan.transport === "tls" ? "secureConnect" : "connect", () => void this.#send());
    await this.#done.promise;
    clearTimeout(timer);
    this.#reader.end(this.#ended && this.#error === null);
    return { reader: this.#reader, ended: this.#ended, error: this.#error, hung: this.#hung };
  }

  async #send(): Promise<void> {
    const socket = this.#socket;
    for (const piece of this.#plan.pieces) {
      if (socket.destroyed || this.#ended) return;
      socket.write(piece, "latin1");
      await turn();
    }
    this.#sentAll = true;
    const { leaving } = this.#plan;
    if (leaving === "abort") socket.destroy();
    else if (leaving === "half-close") socket.end();
    else this.#endWhenAnswered();
  }

  #take(chunk: Buffer): void {
    this.#reader.push(chunk.toString("latin1"));
    if (this.#sentAll && this.#plan.leaving === "polite") this.#endWhenAnswered();
    if (!this.#plan.slowReader) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), SLOW_PAUSE_MS);
  }

  /** With every answer there, or broken ones, the client ends its side: whatever is half said must then end too. */
  #endWhenAnswered(): void {
    const { tunnel, fault, completeCount } = this.#reader;
    const echoed = tunnel !== null && (this.#plan.kind !== "tunnel" || tunnel.endsWith("bye"));
    if (tunnel === null ? completeCount >= this.#expected || fault !== null : echoed) this.#socket.end();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
