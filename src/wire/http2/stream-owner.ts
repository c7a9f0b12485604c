import type { ClientConnection } from "../seam/server.ts";
import type { Closing } from "./closed-streams.ts";
import type { Http2ServerOptions } from "./options.ts";
import type { SendQueue, SendSide } from "./send-queue.ts";

/** A stream that is taken out of its connection. */
export interface EndedStream {
  readonly id: number;
  readonly queue: SendQueue;
}

/** What a stream needs of its connection. */
export interface StreamOwner extends SendSide {
  readonly connection: ClientConnection;
  readonly options: Http2ServerOptions;
  /** The client's initial window for streams. */
  readonly streamWindowBytes: number;
  /** Bytes of a request body were taken. */
  consumed(bytes: number): void;
  /** The client made us reset a stream. */
  penalize(): void;
  /** Nothing more will be sent or heard on the stream. */
  release(stream: EndedStream, closing: Closing): void;
  /** `answerTaken` is called when the client has read everything that was sent so far. */
  probe(streamId: number): void;
}
