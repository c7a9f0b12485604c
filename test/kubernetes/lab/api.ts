import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export interface ApiObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface WatchHandler<T> {
  onObject(object: T): void;
  onGone(object: T): void;
}

const REQUEST_LIMIT_MS = 15_000;
const RETRY_MS = 200;

/** A small client of the API server for the lab's own parts: the controller's is what is tested. Speaks as the administrator. */
export class LabApi {
  readonly #origin: string;
  readonly #authority: string;
  readonly #identity: { readonly cert: Buffer; readonly key: Buffer };
  /** For the authority as it is now. */
  #agent: { readonly ca: string; readonly agent: Agent } | null = null;
  readonly #stopping = new AbortController();

  /** From a kubeconfig of `makeCertificates`. */
  constructor(kubeconfig: string) {
    const config = JSON.parse(readFileSync(kubeconfig, "utf8")) as {
      clusters: [{ cluster: { server: string; "certificate-authority": string } }];
      users: [{ user: { "client-certificate": string; "client-key": string } }];
    };
    const { cluster } = config.clusters[0];
    const { user } = config.users[0];
    this.#origin = cluster.server;
    this.#authority = cluster["certificate-authority"];
    this.#identity = { cert: readFileSync(user["client-certificate"]), key: readFileSync(user["client-key"]) };
  }

  async get<T>(path: string): Promise<T | null> {
    const { status, body } = await this.send("GET", path);
    if (status === 404) return null;
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  /** One request; every status is an answer. A PATCH merges. */
  async send(
    method: string,
    path: string,
    content?: unknown,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]);
    const response = await this.#open(method, path, { content, signal });
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  /** Lists and follows, for ever and whatever happens to the server; `path` has no query. */
  async follow<T extends ApiObject>(path: string, handler: WatchHandler<T>): Promise<void> {
    const known = new Map<string, T>();
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#followOnce(path, known, handler);
      } catch {
        // Stopped, restarted, compacted: listed again.
      }
      await sleep(RETRY_MS, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  close(): void {
    this.#stopping.abort();
    this.#agent?.agent.destroy();
  }

  async #followOnce<T extends ApiObject>(path: string, known: Map<string, T>, handler: WatchHandler<T>): Promise<void> {
    const list = await this.get<{ metadata: { resourceVersion: string }; items: readonly T[] }>(path);
    if (list === null) return;
    const listed = new Set(list.items.map(({ metadata }) => metadata.uid));
    for (const [uid, object] of known) {
      if (listed.has(uid)) continue;
      known.delete(uid);
      handler.onGone(object);
    }
    for (const object of list.items) {
      known.set(object.metadata.uid, object);
      handler.onObject(object);
    }
    const query = `watch=1&resourceVersion=${list.metadata.resourceVersion}&timeoutSeconds=300`;
    const response = await this.#open("GET", `${path}?${query}`, { signal: this.#stopping.signal });
    for await (const line of linesOf(response)) {
      const { type, object } = JSON.parse(line) as { type: string; object: T };
      if (type === "ERROR") return;
      if (type === "DELETED") {
        known.delete(object.metadata.uid);
        handler.onGone(object);
      } else {
        known.set(object.metadata.uid, object);
        handler.onObject(object);
      }
    }
  }

  #openAgent(): Agent {
    const ca = readFileSync(this.#authority, "utf8");
    if (this.#agent?.ca === ca) return this.#agent.agent;
    const agent = new Agent({ keepAlive: true, ca, ...this.#identity });
    this.#agent = { ca, agent };
    return agent;
  }

  #open(
    method: string,
    path: string,
    { content, signal }: { readonly content?: unknown; readonly signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const body = content === undefined ? "" : JSON.stringify(content);
    // Node frames the body of a DELETE only where it is told its length.
    const headers = { Accept: "application/json", "Content-Type": type, "Content-Length": Buffer.byteLength(body) };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request(this.#origin + path, { method, headers, agent: this.#openAgent(), signal }, resolve);
    sent.on("error", reject);
    sent.end(body);
    return promise;
  }
}

async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  stream.setEncoding("utf8");
  let rest = "";
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}
