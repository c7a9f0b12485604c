import { connect, type Socket } from "node:net";
import { AnswerReader } from "./answers.ts";
import type { Plan } from "./plan.ts";
import { bodyOf, type World } from "./world.ts";

const PLAN: Plan = {
  seed: -1,
  kind: "canary",
  transport: "plain",
  pieces: [],
  scripts: [],
  leaving: "polite",
  slowReader: false,
  answerBytes: 40,
};
const HANG_MS = 40_000;

/** An honest client among hostile ones: one GET after the other on a kept connection, each of which must be answered well. */
export class Canary {
  readonly #world: World;
  readonly #path: string;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  served = 0;

  constructor(world: World, path: string) {
    this.#world = world;
    this.#path = path;
  }

  start(port: number): void {
    this.#running = this.#run(port);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(port: number): Promise<void> {
    while (!this.#stopped) {
      const address = this.#world.enter(PLAN);
      const socket = connect({ port, host: "127.0.0.1", localAddress: address, noDelay: true });
      socket.on("error", () => {});
      await this.#useConnection(socket, address);
      socket.destroy();
      this.#world.leave(address);
    }
  }

  /** Until the proxy announces the end of the connection, or the connection has seen enough. */
  async #useConnection(socket: Socket, address: string): Promise<void> {
    for (let i = 0; i < 200 && !this.#stopped; i++) {
      const mark = this.#world.stalls.mark();
      const path = `${this.#path}?${i}`;
      const reader = new AnswerReader(["GET"]);
      const problem = await ask(socket, reader, path);
      const answer = reader.answers[0];
      const serial = Number(answer?.fields.get("x-serial") ?? "0");
      const allSeen = this.#world.seenOf(address).filter(({ message }) => message.startLine === `GET ${path} HTTP/1.1`);
      const seen = allSeen.find((one) => one.serial === serial);
      const isRight =
        answer?.complete === true &&
        answer.status === 200 &&
        seen !== undefined &&
        answer.body === bodyOf(serial, PLAN.answerBytes) &&
        reader.rest === "";
      if (!isRight && this.#world.stalls.stalledSince(mark)) this.#world.unjudged++;
      else if (!isRight && !allSeen.some(({ tainted }) => tainted))
        this.#world.report("an honest request failed", PLAN, { path, problem, answer, rest: reader.rest });
      this.served++;
      if (!isRight || answer.fields.get("connection") === "close") return;
    }
  }
}

/** Sends one request and reads one answer; says what went wrong. */
function ask(socket: Socket, reader: AnswerReader, path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const timer = setTimeout(() => resolve("no answer"), HANG_MS);
  const onData = (chunk: Buffer): void => {
    reader.push(chunk.toString("latin1"));
    if (reader.fault !== null) resolve(reader.fault);
    else if (reader.answers[0]?.complete === true) resolve(null);
  };
  const onError = (error: Error): void => resolve(error.message);
  const onEnd = (): void => {
    reader.end(true);
    resolve("ended");
  };
  socket.on("data", onData).on("error", onError).on("end", onEnd);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off("data", onData).off("error", onError).off("end", onEnd);
  });
}
