import type { Commons } from "./commons.ts";
import { Member, type MemberEvents, type MemberOptions } from "./member.ts";
import type { ToWorker } from "./messages.ts";

export interface NurseryOptions extends Pick<MemberOptions, "heapLimitMb" | "entry"> {
  readonly commons: Commons;
  readonly events: MemberEvents;
  /** Gives a new worker the model so far; resolves when all of it is sent. */
  readonly seed: (member: Member) => Promise<void>;
  /**
   * Whether one worker is kept ready, with its code loaded and the whole model: that is all of the time that it takes to
   * replace one, but for binding the ports. It costs as much memory as any other.
   */
  readonly spare: "kept" | "none";
}

/** A worker that listens nowhere, and has the whole model once it is seeded. */
export interface Newcomer {
  readonly member: Member;
  readonly seeded: Promise<void>;
}

/** Where workers come from. */
export class Nursery {
  readonly #options: NurseryOptions;
  #spare: Newcomer | null = null;

  constructor(options: NurseryOptions) {
    this.#options = options;
  }

  take(): Newcomer {
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
  disown(member: Member): boolean {
    if (member !== this.#spare?.member) return false;
    this.#spare = null;
    return true;
  }

  async close(): Promise<void> {
    await this.#spare?.member.terminate();
  }

  #start(): Newcomer {
    const { commons, heapLimitMb, events, entry, seed } = this.#options;
    const rest = entry === undefined ? {} : { entry };
    const member = new Member({ boot: commons.nextBoot(), heapLimitMb, events, ...rest });
    const seeded = seed(member);
    // Whoever takes the worker hears of it.
    seeded.catch(() => {});
    return { member, seeded };
  }
}
