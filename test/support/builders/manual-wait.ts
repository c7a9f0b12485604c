import type { Answer } from "../../../src/proxy/answers/answer.ts";
import { Wait } from "../../../src/proxy/request/wait.ts";

/** A question that the test answers. `faults`: where the filter throws. */
export class ManualWait extends Wait {
  /** What happened, in order. */
  readonly calls: string[] = [];
  readonly #faults: readonly string[];
  readonly #atBegin: ((wait: ManualWait) => void) | null;

  constructor(
    timeoutMs = 60_000,
    faults: readonly ("begin" | "cancel" | "late")[] = [],
    atBegin: ((wait: ManualWait) => void) | null = null,
  ) {
    super(timeoutMs);
    this.#faults = faults;
    this.#atBegin = atBegin;
  }

  /** As when the answer to the question comes. */
  say(answer: Answer | null): void {
    this.calls.push("settle");
    this.settle(answer);
  }

  /** As when something calls back into the filter, which throws. */
  failInside(): void {
    this.guarded(() => {
      throw new Error("a fault of a filter");
    });
  }

  protected begin(): void {
    this.#note("begin");
    this.#atBegin?.(this);
  }

  protected cancel(): void {
    this.#note("cancel");
  }

  protected late(): Answer | null {
    this.#note("late");
    return { kind: "error", error: { code: "timeout", status: 504 }, detail: "nobody decided" };
  }

  #note(call: string): void {
    this.calls.push(call);
    if (this.#faults.includes(call)) throw new Error(`a fault of a filter in ${call}`);
  }
}
