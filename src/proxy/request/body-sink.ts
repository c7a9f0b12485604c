import type { ClientRequestHead, HeaderList } from "../../wire/wire.ts";
import type { ProxyError } from "../answers/errors.ts";

/**
 * Where a body goes, chunk by chunk. The rules are those of the seam: a chunk that came from the wire is lent until the end of the turn;
 * who holds it longer copies it. `end` or `abort` is the last call. What throws in here costs its request only.
 */
export interface BodySink {
  /** Who writes. Set before the first write. */
  source: BodySource;
  /** False: stop, until `source.resume()` is called. */
  write(chunk: Uint8Array): boolean;
  end(trailers: HeaderList | null): void;
  /** The body breaks off: whatever is held is thrown away, and every timer is stopped. Also called after the client has gone. */
  abort(): void;
}

/** Who writes a body into a sink. */
export interface BodySource {
  /** There is room again, after a `write` that returned false. */
  resume(): void;
}

/** Before there is a source, and where all was written at once. */
export const NO_SOURCE: BodySource = { resume: () => {} };

/** One step of a body's way, in front of the next one. As it is, it passes everything on, in both directions. */
export abstract class BodyStep<Next extends BodySink = BodySink> implements BodySink, BodySource {
  source: BodySource = NO_SOURCE;
  protected readonly next: Next;

  constructor(next: Next) {
    this.next = next;
    next.source = this;
  }

  write(chunk: Uint8Array): boolean {
    return this.next.write(chunk);
  }

  end(trailers: HeaderList | null): void {
    this.next.end(trailers);
  }

  abort(): void {
    this.next.abort();
  }

  resume(): void {
    this.source.resume();
  }
}

/** Where a request goes: its head first, then its body. */
export interface RequestSink extends BodySink {
  /** Once, before anything else. A step may keep the head back until it has the whole body. */
  open(head: ClientRequestHead): void;
  /** Ends the exchange with an error, instead of what was still to come. */
  refuse(error: ProxyError): void;
}

/** One step of a request's way to its upstream. As it is, it passes everything on. */
export abstract class RequestStep extends BodyStep<RequestSink> implements RequestSink {
  open(head: ClientRequestHead): void {
    this.next.open(head);
  }

  refuse(error: ProxyError): void {
    this.next.refuse(error);
  }
}
