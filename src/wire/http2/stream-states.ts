import { CODE } from "./frames.ts";

/**
 * What a stream identifier stands for when a frame of the client names it (RFC 9113 §5.1), the ways of being closed told apart:
 * - `connection`: 0. `foreign`: an even one, which only we could open and never do.
 * - `idle`: not opened yet. `unheard`: not opened, and our GOAWAY says that it never will be.
 * - `open`. `clientEnded`: half-closed (remote). `answered`: half-closed (local), the whole answer is out.
 * - `ended` by both sides, `resetByClient`, `resetByUs`: closed, as long as that is remembered (`ClosedStreams`).
 * - `forgotten`: closed or passed over, which of both is no longer known.
 */
export const STREAM_STATES = [
  "connection",
  "foreign",
  "idle",
  "unheard",
  "open",
  "clientEnded",
  "answered",
  "ended",
  "resetByClient",
  "resetByUs",
  "forgotten",
] as const;
export type StreamState = (typeof STREAM_STATES)[number];

export type FrameVerdict =
  /** The frame means what it says. */
  | { readonly kind: "accept" }
  /** It was under way when the stream ended: ignored, but for what it does to the connection's windows and tables. */
  | { readonly kind: "drop" }
  /** Ignored, and too many of them end the connection. */
  | { readonly kind: "count" }
  | { readonly kind: "stream-error"; readonly code: number }
  | { readonly kind: "connection-error"; readonly code: number };

const ACCEPT: FrameVerdict = { kind: "accept" };
const DROP: FrameVerdict = { kind: "drop" };
const COUNT: FrameVerdict = { kind: "count" };
const STREAM_CLOSED: FrameVerdict = { kind: "stream-error", code: CODE.streamClosed };
const FATAL: FrameVerdict = { kind: "connection-error", code: CODE.protocolError };
const FATAL_CLOSED: FrameVerdict = { kind: "connection-error", code: CODE.streamClosed };

type Row = Readonly<Record<StreamState, FrameVerdict>>;

/** A frame of one stream, at least while the stream is there. */
function streamRow(closed: Omit<Row, "connection" | "foreign">): Row {
  return { connection: FATAL, foreign: FATAL, ...closed };
}

/** A frame that speaks of the whole connection. */
const CONNECTION_ROW: Row = {
  connection: ACCEPT,
  foreign: FATAL,
  idle: FATAL,
  unheard: FATAL,
  open: FATAL,
  clientEnded: FATAL,
  answered: FATAL,
  ended: FATAL,
  resetByClient: FATAL,
  resetByUs: FATAL,
  forgotten: FATAL,
};
/** A frame that is an error wherever it stands: a CONTINUATION without a block, and a client's push. */
const NEVER: Row = { ...CONNECTION_ROW, connection: FATAL };

/**
 * By frame type. Where RFC 9113 §5.1 leaves room the errors are those of RFC 7540. No frame of a closed stream is answered with more
 * than one reset, and what crossed our own reset with none.
 */
const ROWS: readonly Row[] = [
  // DATA
  streamRow({
    idle: FATAL,
    unheard: DROP,
    open: ACCEPT,
    clientEnded: STREAM_CLOSED,
    answered: ACCEPT,
    ended: FATAL_CLOSED,
    resetByClient: STREAM_CLOSED,
    resetByUs: DROP,
    forgotten: STREAM_CLOSED,
  }),
  // HEADERS. An identifier below the last one that is not known to have been used: §5.1.1.
  streamRow({
    idle: ACCEPT,
    unheard: COUNT,
    open: ACCEPT,
    clientEnded: STREAM_CLOSED,
    answered: ACCEPT,
    ended: FATAL_CLOSED,
    resetByClient: STREAM_CLOSED,
    resetByUs: COUNT,
    forgotten: FATAL,
  }),
  // PRIORITY is allowed for every stream, whatever its state, and means nothing to us.
  {
    connection: FATAL,
    foreign: COUNT,
    idle: COUNT,
    unheard: COUNT,
    open: COUNT,
    clientEnded: COUNT,
    answered: COUNT,
    ended: COUNT,
    resetByClient: COUNT,
    resetByUs: COUNT,
    forgotten: COUNT,
  },
  // RST_STREAM, which is never answered with another one (§5.4.2).
  streamRow({
    idle: FATAL,
    unheard: COUNT,
    open: ACCEPT,
    clientEnded: ACCEPT,
    answered: ACCEPT,
    ended: ACCEPT,
    resetByClient: ACCEPT,
    resetByUs: ACCEPT,
    forgotten: ACCEPT,
  }),
  // SETTINGS
  CONNECTION_ROW,
  // PUSH_PROMISE
  NEVER,
  // PING
  CONNECTION_ROW,
  // GOAWAY
  CONNECTION_ROW,
  // WINDOW_UPDATE often crosses the end of a stream.
  {
    connection: ACCEPT,
    foreign: FATAL,
    idle: FATAL,
    unheard: DROP,
    open: ACCEPT,
    clientEnded: ACCEPT,
    answered: ACCEPT,
    ended: DROP,
    resetByClient: DROP,
    resetByUs: DROP,
    forgotten: DROP,
  },
  // CONTINUATION outside of a header block
  NEVER,
];

/** How a frame of that type is handled that names a stream in that state. Types from `FRAME` only. */
export function judgeFrame(type: number, state: StreamState): FrameVerdict {
  return (ROWS[type] as Row)[state];
}
