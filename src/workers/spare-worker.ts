import type { SharedState } from "./shared-state.ts";
import { WorkerHandle, type MemberEvents, type MemberOptions } from "./worker-handle.ts";
import type { ToWorker } from "./messages.ts";

export interface NurseryOptions extends Pick<MemberOptions, "heapLimitMb" | "entry"> {
  readonly commons: SharedState;
  readonly events: MemberEvents;
  /** Gives a new worker the model so far; resolves when all of it is sent. */
  readonly seed: (member: WorkerHandle) => Promise<void>;
  /**
   * Whether one worker is kept ready, with its code loaded and the whole model: that is all of the time that it takes to
   * replace one, but for binding the ports. It costs as much memory as any other.
   */
  readonly spare: "kept" | "none";
}

/** A worker that listens nowhere, and has the whole model once it is seeded. */
export interface StartedWorker {
  readonly member: WorkerHandle;
  readonly seeded: Promise<void>;
}

/** Where workers come from. */
export class SpareWorker {
  readonly #options: NurseryOptions;
  #spare: StartedWorker | null = null;

  constructor(options: NurseryOptions) {
    this.#options = options;
  }

  take(): StartedWorker {
    const newcomer = this.#spare ?? this.#start();
    this.#spare = null;
    newcomer.member.post({ kind: "tickets", secret: this.#options.commons.ticketSecret });
    return newcomer;
  }

  /** Starts the spare one if there is none: when nothing more urgent needs the processors. */
  prepare(): void {
    if (this.#options.spare === "kept") this.#spare ??= this.#start();
  }

  /** Keeps the spare one up to date. */
  post(message: ToWorker): void {
    this.#spare?.member.post(message);
  }

  /** True when the member was the spare one; it is none any more. */
  releaseIfSpare(member: WorkerHandle): boolean {
    if (member !== this.#spare?.member) return false;
    this.#spare = null;
    return true;
  }

  async close(): Promise<void> {
    await this.#spare?.member.terminate();
  }

  #start(): StartedWorker {
    const { commons, heapLimitMb, events, entry, seed } = this.#options;
    const rest = entry === undefined ? {} : { entry };
    const member = new WorkerHandle({ boot: commons.nextBoot(), heapLimitMb, events, ...rest });
    const seeded = seed(member);
    // The pool that takes the worker gets the error.
    seeded.catch(() => {});
    return { member, seeded };
  }
}
