import { nextTick } from "node:process";
import type { ClientStream, ClientStreamHandler } from "../seam/client.ts";

/** A request that never reached a connection: reports that in a later iteration of the loop, and drops everything that is written. */
export class RejectedStream implements ClientStream {
  readonly reusedConnection = false;
  readonly connectMs = 0;
  #aborted = false;

  constructor(handler: ClientStreamHandler, code: "malformed" | "closed") {
    const detail =
      code === "malformed" ? "request head cannot be sent as it is" : "the connection takes no more requests";
    nextTick(() => {
      if (!this.#aborted) handler.onError({ code, detail, requestSent: false, responseStarted: false });
    });
  }

  write(): boolean {
    return true;
  }
  end(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  abort(): void {
    this.#aborted = true;
  }
}
