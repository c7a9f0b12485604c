import type { Commons } from "./commons.ts";
import { Member, type MemberEvents, type MemberOptions } from "./member.ts";

export interface NurseryOptions extends Pick<MemberOptions, "heapLimitMb" | "entry"> {
  readonly commons: Commons;
  readonly events: MemberEvents;
  /** Whether one worker is kept ready, its code loaded: that is most of the time that it takes to replace one. */
  readonly spare: "kept" | "none";
}

/** Where workers come from. */
export class Nursery {
  readonly #options: NurseryOptions;
  #spare: Member | null = null;

  constructor(options: NurseryOptions) {
    this.#options = options;
  }

  /** A worker that listens nowhere and has no model. */
  take(): Member {
    const member = this.#spare ?? this.#start();
    this.#spare = null;
    member.post({ kind: "tickets", secret: this.#options.commons.ticketSecret });
    return member;
  }

  /** Starts the spare one if there is none: when nothing more urgent needs the processors. */
  prepare(): void {
    if (this.#options.spare === "kept") this.#spare ??= this.#start();
  }

  /** True when the member was the spare one; it is none any more. */
  disown(member: Member): boolean {
    if (member !== this.#spare) return false;
    this.#spare = null;
    return true;
  }

  async close(): Promise<void> {
    await this.#spare?.terminate();
  }

  #start(): Member {
    const { commons, heapLimitMb, events, entry } = this.#options;
    const rest = entry === undefined ? {} : { entry };
    return new Member({ boot: commons.nextBoot(), heapLimitMb, events, ...rest });
  }
}
