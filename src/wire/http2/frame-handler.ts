import type { HeaderList } from "../header-list.ts";
import { parseTrailerFields } from "./client-fields.ts";
import { isWellFormedTrailer } from "./field-rules.ts";
import { FloodGuard } from "./flood-guard.ts";
import type { FrameSink } from "./frame-reader.ts";
import type { FrameWriter } from "./frame-writer.ts";
import { CODE, FLAG, FRAME } from "./frames.ts";
import { HeaderBlock, headersFragment, withoutPadding } from "./header-block.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { judgeRequest, type RequestVerdict } from "./judge-request.ts";
import { HEAD_LIMITS, type Http2ServerOptions } from "./options.ts";
import { parseSettings } from "./peer-settings.ts";
import type { Http2ServerStream } from "./server-stream.ts";
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

/** What the frames of a client mean (RFC 9113 §6), and when they are too many. */
export class FrameHandler implements FrameSink {
  /** The highest stream that was looked at. */
  lastStreamId = 0;
  readonly #target: FrameTarget;
  readonly #guard: FloodGuard;
  readonly #block = new HeaderBlock();
  readonly #decoder = new HpackDecoder(HEAD_LIMITS);
  #started = false;

  constructor(target: FrameTarget) {
    this.#target = target;
    this.#guard = new FloodGuard(target.options.wheel.clock);
  }

  get open(): boolean {
    return this.#target.open;
  }

  onOversizedFrame(): void {
    this.#target.fail(CODE.frameSizeError, "a frame is too large");
  }

  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    const inBlock = this.#block.streamId !== 0;
    if (inBlock && (type !== FRAME.continuation || streamId !== this.#block.streamId)) {
      this.#protocolError("a frame inside a header block");
      return;
    }
    if (!this.#started && type !== FRAME.settings) {
      this.#protocolError("SETTINGS must come first");
      return;
    }
    const handle = HANDLERS[type];
    if (handle === undefined) this.#nuisance();
    else handle(this, flags, streamId, payload);
  }

  data(flags: number, streamId: number, payload: Buffer): void {
    const content = withoutPadding(flags, payload);
    if (streamId === 0 || content === null) {
      this.#protocolError("malformed DATA");
      return;
    }
    if (!this.#target.received(payload.length)) {
      this.#target.fail(CODE.flowControlError, "more data than the window allows");
      return;
    }
    const endsStream = (flags & FLAG.endStream) !== 0;
    if (content.length === 0 && !endsStream) this.#nuisance();
    const stream = this.#target.streams.get(streamId);
    if (stream === undefined) this.#strayData(streamId, payload.length);
    else if (stream.body.remoteEnded) this.#strayDataAfterEnd(stream, payload.length);
    else if (!stream.body.push(content, payload.length)) this.#reset(stream, CODE.flowControlError);
    else if (endsStream) stream.remoteEnded(null);
  }

  headers(flags: number, streamId: number, payload: Buffer): void {
    const fragment = headersFragment(flags, payload);
    if (streamId % 2 === 0 || fragment === null) {
      this.#protocolError("malformed HEADERS");
      return;
    }
    this.#block.open(streamId, flags, fragment);
    if ((flags & FLAG.endHeaders) !== 0) this.#takeBlock(streamId);
  }

  continuation(flags: number, streamId: number, payload: Buffer): void {
    if (this.#block.streamId === 0) this.#protocolError("CONTINUATION without HEADERS");
    else if (!this.#block.add(payload)) this.#calm("an endless header block");
    else if ((flags & FLAG.endHeaders) !== 0) this.#takeBlock(streamId);
  }

  reset(streamId: number, payload: Buffer): void {
    if (payload.length !== 4) this.#target.fail(CODE.frameSizeError, "malformed RST_STREAM");
    else if (this.#isIdle(streamId)) this.#protocolError("RST_STREAM for no stream");
    else {
      this.#target.streams.get(streamId)?.vanish("reset", "the client reset the stream");
      this.countReset();
    }
  }

  settings(flags: number, streamId: number, payload: Buffer): void {
    const target = this.#target;
    if (streamId !== 0) {
      this.#protocolError("SETTINGS on a stream");
      return;
    }
    if ((flags & FLAG.ack) !== 0) {
      if (payload.length > 0) target.fail(CODE.frameSizeError, "malformed SETTINGS");
      return;
    }
    const verdict = parseSettings(payload);
    if (verdict.kind === "error") {
      target.fail(verdict.code, "bad SETTINGS");
      return;
    }
    this.#started = true;
    target.out.frame(FRAME.settings, FLAG.ack, 0, NOTHING);
    this.#nuisance();
    if (verdict.initialWindowBytes === null) return;
    const change = verdict.initialWindowBytes - target.streamWindowBytes;
    target.streamWindowBytes = verdict.initialWindowBytes;
    if (!target.streams.widenAll(change)) target.fail(CODE.flowControlError, "a window overflows");
  }

  ping(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) this.#protocolError("PING on a stream");
    else if (payload.length !== 8) this.#target.fail(CODE.frameSizeError, "malformed PING");
    else if ((flags & FLAG.ack) === 0) {
      this.#target.out.frame(FRAME.ping, FLAG.ack, 0, payload);
      this.#nuisance();
    }
  }

  goaway(streamId: number, payload: Buffer): void {
    if (streamId !== 0 || payload.length < 8) this.#protocolError("malformed GOAWAY");
    else this.#target.drain();
  }

  windowUpdate(streamId: number, payload: Buffer): void {
    if (payload.length !== 4) {
      this.#target.fail(CODE.frameSizeError, "malformed WINDOW_UPDATE");
      return;
    }
    const bytes = payload.readUInt32BE(0) & 0x7fff_ffff;
    const stream = this.#target.streams.get(streamId);
    if (streamId === 0) {
      if (bytes === 0) this.#protocolError("WINDOW_UPDATE of nothing");
      else if (!this.#target.widen(bytes)) this.#target.fail(CODE.flowControlError, "the window overflows");
    } else if (this.#isIdle(streamId)) {
      this.#protocolError("WINDOW_UPDATE for no stream");
    } else if (stream === undefined) {
      // It crossed the end of the stream, unless there are hundreds of them.
      if (bytes === 0) this.#nuisance();
    } else if (bytes === 0) {
      this.#reset(stream, CODE.protocolError);
    } else if (!stream.queue.widen(bytes)) {
      this.#reset(stream, CODE.flowControlError);
    }
  }

  priority(payload: Buffer): void {
    if (payload.length !== 5) this.#target.fail(CODE.frameSizeError, "malformed PRIORITY");
    else this.#nuisance();
  }

  pushPromise(): void {
    this.#protocolError("clients do not push");
  }

  /** A stream was reset by the client or for a fault of it: work that was thrown away. */
  countReset(): void {
    if (!this.#guard.reset()) this.#calm("too many resets");
  }

  #takeBlock(streamId: number): void {
    const target = this.#target;
    const { endsStream } = this.#block;
    const verdict = this.#decoder.decode(this.#block.take());
    if (verdict === "broken") {
      target.fail(CODE.compressionError, "a header block that cannot be read");
      return;
    }
    const stream = target.streams.get(streamId);
    if (stream !== undefined) {
      this.#takeTrailers(stream, endsStream && verdict === "ok");
      return;
    }
    // After GOAWAY new streams are ignored, and so is what crossed the end of an old one.
    if (streamId <= this.lastStreamId || target.draining) {
      this.#nuisance();
      return;
    }
    this.lastStreamId = streamId;
    if (target.streams.size >= target.options.maxConcurrentStreams) {
      target.out.word(FRAME.reset, streamId, CODE.refusedStream);
      if (!this.#guard.refusal()) this.#calm("too many streams");
      return;
    }
    const { underscoresInHeaders } = target.options;
    const request = judgeRequest(verdict, this.#decoder.fields, endsStream, underscoresInHeaders);
    if (request.kind === "reset") {
      target.out.word(FRAME.reset, streamId, request.code);
      this.countReset();
      return;
    }
    target.begin(streamId, request, endsStream);
    if (request.kind === "refused") this.#nuisance();
  }

  #takeTrailers(stream: Http2ServerStream, isWhole: boolean): void {
    const { fields } = this.#decoder;
    if (stream.body.remoteEnded || !isWhole || !isWellFormedTrailer(fields)) {
      this.#reset(stream, CODE.protocolError);
      return;
    }
    const trailers: HeaderList | null = parseTrailerFields(fields);
    stream.remoteEnded(trailers);
  }

  /** Data for a stream that is over: it crossed our reset. */
  #strayData(streamId: number, bytes: number): void {
    if (this.#isIdle(streamId) && !this.#target.draining) this.#protocolError("DATA for no stream");
    else this.#target.consumed(bytes);
  }

  #strayDataAfterEnd(stream: Http2ServerStream, bytes: number): void {
    this.#target.consumed(bytes);
    this.#reset(stream, CODE.streamClosed);
  }

  /** For a fault of the client: it costs the client as much as a reset of its own. */
  #reset(stream: Http2ServerStream, code: number): void {
    stream.reset(code);
    stream.lose("malformed", "the client broke the protocol");
    this.countReset();
  }

  #isIdle(streamId: number): boolean {
    return streamId === 0 || streamId % 2 === 0 || streamId > this.lastStreamId;
  }

  #nuisance(): void {
    if (!this.#guard.nuisance()) this.#calm("too many frames of no use");
  }

  #calm(detail: string): void {
    this.#target.fail(CODE.enhanceYourCalm, detail);
  }

  #protocolError(detail: string): void {
    this.#target.fail(CODE.protocolError, detail);
  }
}

const NOTHING = new Uint8Array(0);

type Handle = (handler: FrameHandler, flags: number, streamId: number, payload: Buffer) => void;

/** By frame type. Types that are not in it are ignored (RFC 9113 §5.5), and counted. */
const HANDLERS: readonly Handle[] = [
  (handler, flags, streamId, payload) => handler.data(flags, streamId, payload),
  (handler, flags, streamId, payload) => handler.headers(flags, streamId, payload),
  (handler, _flags, _streamId, payload) => handler.priority(payload),
  (handler, _flags, streamId, payload) => handler.reset(streamId, payload),
  (handler, flags, streamId, payload) => handler.settings(flags, streamId, payload),
  (handler) => handler.pushPromise(),
  (handler, flags, streamId, payload) => handler.ping(flags, streamId, payload),
  (handler, _flags, streamId, payload) => handler.goaway(streamId, payload),
  (handler, _flags, streamId, payload) => handler.windowUpdate(streamId, payload),
  (handler, flags, streamId, payload) => handler.continuation(flags, streamId, payload),
];
