import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Manifest, StartOptions } from "./objects.ts";

/** What the API server's process is told. */
export type ApiCommand = { readonly id: number } & (
  | { readonly kind: "fill"; readonly options: StartOptions }
  | { readonly kind: "put"; readonly object: Manifest }
  /** Every watch is told that it is too old, whereupon everything is listed anew. */
  | { readonly kind: "expire" }
  | { readonly kind: "delete"; readonly objectKind: string; readonly namespace: string; readonly name: string }
);

interface Reply {
  readonly id: number;
  /** Monotonic time at which the server began to tell its watchers. */
  readonly atNanos: bigint;
  readonly kubeconfig?: string;
}

const PROGRAM = resolve(import.meta.dirname, "../programs/scale-api.ts");
const DEADLINE_MS = 60_000;

/** The API server: a process that is told what to change, and says when it did. */
export class Cluster implements Disposable {
  readonly kubeconfig: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess, kubeconfig: string) {
    this.#child = child;
    this.kubeconfig = kubeconfig;
    child.on("message", (reply: Reply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
  }

  static async open(): Promise<Cluster> {
    const child = fork(PROGRAM, { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("error", () => {});
    const [ready] = (await once(child, "message", { signal: AbortSignal.timeout(DEADLINE_MS) })) as [Reply];
    if (ready.kubeconfig === undefined) throw new Error("the API server did not say where it is");
    return new Cluster(child, ready.kubeconfig);
  }

  /** Creates everything that there is before the start. */
  async createAll(options: StartOptions): Promise<void> {
    await this.#send({ kind: "fill", options, id: this.#nextId() });
  }

  /** Creates or replaces an object; resolves with the time at which watchers were told. */
  put(object: Manifest): Promise<bigint> {
    return this.#send({ kind: "put", object, id: this.#nextId() });
  }

  delete({ kind, metadata }: Manifest): Promise<bigint> {
    const { name, namespace = "" } = metadata;
    return this.#send({ kind: "delete", objectKind: kind, namespace, name, id: this.#nextId() });
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }

  expire(): Promise<bigint> {
    return this.#send({ kind: "expire", id: this.#nextId() });
  }

  #nextId(): number {
    return ++this.#lastId;
  }

  async #send(command: ApiCommand): Promise<bigint> {
    const { promise, resolve: settle, reject } = Promise.withResolvers<Reply>();
    this.#waiting.set(command.id, settle);
    const timer = setTimeout(() => reject(new Error(`the API server did not ${command.kind} in time`)), DEADLINE_MS);
    this.#child.send(command);
    try {
      return (await promise).atNanos;
    } finally {
      clearTimeout(timer);
    }
  }
}
