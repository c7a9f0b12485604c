import type { FrameWriter } from "./frame-writer.ts";
import type { RequestVerdict } from "./judge-request.ts";
import type { Http2ServerOptions } from "./options.ts";
import type { StreamTable } from "./stream-table.ts";

/** The connection, as its frames see it. */
export interface FrameTarget {
  readonly options: Http2ServerOptions;
  readonly out: FrameWriter;
  readonly streams: StreamTable;
  readonly open: boolean;
  readonly draining: boolean;
  streamWindowBytes: number;
  begin(streamId: number, verdict: Exclude<RequestVerdict, { kind: "reset" }>, remoteEnded: boolean): void;
  /** DATA came; false when it is more than the connection's window allows. */
  received(bytes: number): boolean;
  consumed(bytes: number): void;
  /** The client takes more; false when that is more than the protocol allows. */
  widen(bytes: number): boolean;
  drain(): void;
  fail(code: number, detail: string): void;
}
