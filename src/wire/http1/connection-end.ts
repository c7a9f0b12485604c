import type { HeadError } from "../http/refusals.ts";
import { LINGER_SILENCE_MS, LingeringClose } from "../socket/lingering-close.ts";
import { formatErrorResponse } from "./refusal.ts";
import type { OutBuffer } from "../socket/out-buffer.ts";
import type { ReadDeadline } from "../socket/read-deadline.ts";
import type { RequestSource } from "./request-source.ts";
import type { Http1ServerOptions } from "./server-options.ts";
import type { Http1ServerStream } from "./server-stream.ts";
import type { SocketPort } from "../socket/socket-port.ts";

interface EndingParts {
  readonly port: SocketPort;
  readonly out: OutBuffer;
  readonly source: RequestSource;
  readonly deadline: ReadDeadline;
  readonly options: Http1ServerOptions;
  readonly onClosed: () => void;
}

/** The ways in which a client connection ends. After any of them the socket is gone, or has another owner. */
export class ConnectionEnd {
  readonly #parts: EndingParts;

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  /** Everything was said. `silenceMs` is one of `LINGER_SILENCE_MS`. */
  close(silenceMs: number): void {
    const { port, out, options, onClosed } = this.#parts;
    const { wheel, sendTimeoutMs } = options;
    out.flush();
    this.leave();
    new LingeringClose(port, { wheel, sendTimeoutMs, silenceMs, onClosed }).begin();
  }

  closeAfterExchange(): void {
    const { body, input } = this.#parts.source;
    this.close(body.done && input.length === 0 ? LINGER_SILENCE_MS.quiet : LINGER_SILENCE_MS.sending);
  }

  closeWith(error: HeadError, method: string): void {
    this.answer(formatErrorResponse(error, method, this.#parts.options.wheel.clock.nowMs()));
  }

  /** With a whole response. */
  answer(response: string): void {
    this.#parts.out.text(response);
    this.close(LINGER_SILENCE_MS.sending);
  }

  /** A response ends before its time. A reset would also take earlier answers that the client has not read yet. */
  cut(stream: Http1ServerStream): void {
    if (!stream.endsWithConnection) return this.closeAfterExchange();
    this.#parts.out.flush();
    this.leave();
    this.#parts.port.cut();
  }

  /** Nothing is read or written any more. */
  leave(): void {
    const { source, out, deadline } = this.#parts;
    source.input.clear();
    out.close();
    deadline.close();
  }
}
