import type { Change, Snapshot } from "../../kubernetes/snapshot.ts";
import type { Logger } from "../../lib/logger.ts";
import type { ApiClient } from "../api-source/api-client.ts";
import type { Leadership } from "../leader/leadership.ts";
import { type AddressFinder, type AddressSource, openAddressFinder } from "../status/find-addresses.ts";
import { listPodsLike, type PodName, readPod } from "../status/own-pod.ts";
import type { ClearedStatuses, StatusWriter } from "../status/status-writer.ts";

export interface StatusDutyOptions {
  readonly addresses: AddressSource;
  /** `--status-update-interval`. */
  readonly intervalMs: number;
  /** Between two looks at the addresses of nodes, of which no watch tells. */
  readonly nodesMs: number;
  /** `--update-status-on-shutdown`: the last one out takes the addresses away. */
  readonly atShutdown: "clear" | "keep";
  readonly writer: StatusWriter;
  readonly leadership: Leadership;
  readonly snapshot: Snapshot;
  readonly client: ApiClient;
  readonly logger: Logger;
  readonly pod: PodName | null;
  /** For everything that is asked and cleared at the end. */
  readonly shutdownMs: number;
}

const NAMED_AT_MOST = 10;

/** When the addresses are looked up, and when the status of which Ingress is looked at. */
export class StatusDuty {
  readonly writer: StatusWriter;
  readonly #options: StatusDutyOptions;
  readonly #life = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #find: AddressFinder;
  #looking: Promise<void> = Promise.resolve();
  #looks = 0;
  #failing = "";

  constructor(options: StatusDutyOptions) {
    this.#options = options;
    this.writer = options.writer;
    this.#find = openAddressFinder(options.addresses, options);
  }

  start(): void {
    const { addresses, intervalMs, nodesMs } = this.#options;
    const round = (): void => {
      this.#look();
      this.writer.considerAll("correct");
    };
    this.#timers.push(setInterval(round, intervalMs));
    // While a look takes longer, the next ones are left out.
    const lookAtNodes = (): void => (this.#looks === 0 ? this.#look() : undefined);
    if (addresses.kind === "nodes") this.#timers.push(setInterval(lookAtNodes, nodesMs));
  }

  startTerm(): void {
    this.writer.startTerm();
    this.#find = openAddressFinder(this.#options.addresses, this.#options);
    this.#look();
  }

  onChanges(changes: readonly Change[]): void {
    const { addresses } = this.#options;
    for (const { kind, key } of changes) {
      if (kind === "Ingress") this.writer.consider(key, "look");
      if (kind === "Service" && addresses.kind === "service" && addresses.service === key) this.#look();
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#life.abort();
    await this.#looking;
    await this.writer.stop();
    const { leadership } = this.#options;
    if (this.#options.atShutdown === "keep" || !leadership.isLeader) return;
    const limit = AbortSignal.any([AbortSignal.timeout(this.#options.shutdownMs), leadership.leadSignal()]);
    if (await this.#isLastOne(limit)) this.#tell(await this.writer.clearAll(limit));
  }

  /** External DNS goes on believing what was left behind: somebody has to know. */
  #tell({ cleared, left }: ClearedStatuses): void {
    const { logger } = this.#options;
    if (left.length === 0)
      return logger.info({ cleared }, "the addresses were taken out of the status of every Ingress");
    const fields = { cleared, left: left.length, such_as: left.slice(0, NAMED_AT_MOST).join(", ") };
    logger.warn(
      fields,
      "the status of some Ingresses still holds our addresses: there was no time left, or the API server refused",
    );
  }

  /** One look at a time; only the leader needs to know. */
  #look(): void {
    if (!this.#options.leadership.isLeader) return;
    this.#looks++;
    this.#looking = this.#looking.then(() => this.#lookOnce()).finally(() => this.#looks--);
  }

  async #lookOnce(): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#life;
    if (signal.aborted) return;
    const found = await this.#find(signal);
    if (signal.aborted) return;
    if (found.ok) this.writer.want(found.value);
    const failure = found.ok ? "" : found.error;
    if (failure !== "" && failure !== this.#failing) {
      logger.warn({ reason: failure }, "the addresses for the status are not known; it stays as it is");
    }
    this.#failing = failure;
  }

  /** When nobody can tell, somebody else may still serve: then nothing is cleared. */
  async #isLastOne(signal: AbortSignal): Promise<boolean> {
    const { client, pod } = this.#options;
    if (pod === null) return false;
    const own = await readPod(client, pod, signal);
    if (!own.ok) return false;
    const pods = await listPodsLike(client, { pod, facts: own.value }, signal);
    return pods.ok && !pods.value.some(({ name, running }) => running && name !== pod.name);
  }
}
