import { HEAD_ERRORS } from "../http/refusals.ts";
import { parseTrailerFields } from "./client-fields.ts";
import { isWellFormedTrailer } from "./field-rules.ts";
import { FloodGuard } from "./flood-guard.ts";
import type { FrameSink } from "./frame-reader.ts";
import { CODE, FIXED_SIZES, FLAG, FRAME } from "./frames.ts";
import type { FrameTarget } from "./frame-target.ts";
import { dependencyOf, HeaderBlock, PRIORITY_BYTES, withoutPadding } from "./header-block.ts";
import { type BlockVerdict, HpackDecoder } from "./hpack-decoder.ts";
import { judgeRequest } from "./judge-request.ts";
import { HEAD_LIMITS } from "./options.ts";
import { parseSettings } from "./peer-settings.ts";
import { probedStream } from "./probe.ts";
import type { RefusedFields } from "./request-fields.ts";
import { type FrameVerdict, judgeFrame, type StreamState } from "./stream-states.ts";

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
    if (this.#block.streamId !== 0) {
      if (type === FRAME.continuation && streamId === this.#block.streamId) this.#continuation(flags, payload);
      else this.#protocolError("a frame inside a header block");
      return;
    }
    if (!this.#started && type !== FRAME.settings) {
      this.#protocolError("SETTINGS must come first");
      return;
    }
    const handle = HANDLERS[type];
    if (handle === undefined) {
      this.#countUselessFrame();
      return;
    }
    const size = FIXED_SIZES[type] ?? 0;
    const verdict = judgeFrame(type, this.#stateOf(streamId));
    if (size > 0 && payload.length !== size) this.#target.fail(CODE.frameSizeError, "a frame of the wrong size");
    else if (verdict.kind === "connection-error") this.#target.fail(verdict.code, "a frame for no such stream");
    else handle(this, { flags, streamId, payload }, verdict);
  }

  data({ flags, streamId, payload }: Frame, verdict: FrameVerdict): void {
    const content = withoutPadding(flags, payload);
    if (content === null) {
      this.#protocolError("malformed DATA");
      return;
    }
    if (!this.#target.received(payload.length)) {
      this.#target.fail(CODE.flowControlError, "more data than the window allows");
      return;
    }
    const endsStream = (flags & FLAG.endStream) !== 0;
    if (content.length === 0 && !endsStream) this.#countUselessFrame();
    const stream = this.#target.streams.get(streamId);
    if (verdict.kind !== "accept" || stream === undefined) this.#strayData(streamId, payload.length, verdict);
    else if (!stream.body.push(content, payload.length)) this.#reset(streamId, CODE.flowControlError);
    else if (endsStream) stream.remoteEnded(null);
  }

  /** What the stream's state says of it is judged once more when the block is whole. */
  headers({ flags, streamId, payload }: Frame): void {
    if (!this.#block.open(streamId, flags, payload)) this.#protocolError("malformed HEADERS");
    else if ((flags & FLAG.endHeaders) !== 0) this.#takeBlock(streamId);
  }

  priority({ streamId, payload }: Frame): void {
    const wrongSize = payload.length !== PRIORITY_BYTES;
    if (!wrongSize && dependencyOf(payload) !== streamId) this.#countUselessFrame();
    else this.#fault(streamId, wrongSize ? CODE.frameSizeError : CODE.protocolError);
  }

  reset({ streamId }: Frame, verdict: FrameVerdict): void {
    const stream = this.#target.streams.get(streamId);
    // It only gives up an upload whose answer is complete.
    const harmless = verdict.kind === "accept" && stream?.answered === true;
    stream?.vanish("reset", "the client reset the stream");
    if (!harmless) this.countReset();
  }

  settings({ flags, payload }: Frame): void {
    const target = this.#target;
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
    this.#countUselessFrame();
    if (verdict.initialWindowBytes === null) return;
    const change = verdict.initialWindowBytes - target.streamWindowBytes;
    target.streamWindowBytes = verdict.initialWindowBytes;
    if (!target.streams.widenAll(change)) target.fail(CODE.flowControlError, "a window overflows");
  }

  ping({ flags, payload }: Frame): void {
    if ((flags & FLAG.ack) === 0) {
      this.#target.out.frame(FRAME.ping, FLAG.ack, 0, payload);
      this.#countUselessFrame();
      return;
    }
    const streamId = probedStream(payload);
    if (streamId !== 0) this.#target.streams.get(streamId)?.answerTaken();
  }

  goaway({ payload }: Frame): void {
    if (payload.length < GOAWAY_BYTES) this.#target.fail(CODE.frameSizeError, "malformed GOAWAY");
    else this.#target.drain();
  }

  windowUpdate({ streamId, payload }: Frame): void {
    const bytes = payload.readUInt32BE(0) & 0x7fff_ffff;
    const stream = this.#target.streams.get(streamId);
    if (streamId === 0) {
      if (bytes === 0) this.#protocolError("WINDOW_UPDATE of nothing");
      else if (!this.#target.widen(bytes)) this.#target.fail(CODE.flowControlError, "the window overflows");
    } else if (stream === undefined) {
      // It crossed the end of the stream, unless there are hundreds of them.
      if (bytes === 0) this.#countUselessFrame();
    } else if (bytes === 0) {
      this.#reset(streamId, CODE.protocolError);
    } else if (!stream.queue.widen(bytes)) {
      this.#reset(streamId, CODE.flowControlError);
    }
  }

  /** A stream was reset by the client or for a fault of it: work that was thrown away. */
  countReset(): void {
    if (!this.#guard.reset()) this.#closeEnhanceYourCalm("too many resets");
  }

  #continuation(flags: number, payload: Buffer): void {
    const { streamId } = this.#block;
    if (!this.#block.add(payload)) this.#endlessBlock(streamId);
    else if ((flags & FLAG.endHeaders) !== 0) this.#takeBlock(streamId);
  }

  #takeBlock(streamId: number): void {
    const { endsStream, selfDependent } = this.#block;
    const block = this.#decoder.decode(this.#block.take());
    if (block === "broken") {
      this.#target.fail(CODE.compressionError, "a header block that cannot be read");
      return;
    }
    const state = this.#stateOf(streamId);
    const verdict = judgeFrame(FRAME.headers, state);
    if (state === "idle") this.#begin(streamId, endsStream, selfDependent ? "malformed" : block);
    else if (verdict.kind === "accept") this.#takeTrailers(streamId, endsStream, selfDependent ? "malformed" : block);
    else this.#turnDown(streamId, verdict);
  }

  #begin(streamId: number, endsStream: boolean, block: Exclude<BlockVerdict, "broken">): void {
    const target = this.#target;
    this.lastStreamId = streamId;
    if (target.streams.size >= target.options.maxConcurrentStreams) {
      target.streams.closed.note(streamId, "resetByUs");
      target.out.word(FRAME.reset, streamId, CODE.refusedStream);
      if (!this.#guard.refusal()) this.#closeEnhanceYourCalm("too many streams");
      return;
    }
    const request = judgeRequest(block, this.#decoder.fields, endsStream, target.options.underscoresInHeaders);
    if (request.kind === "reset") {
      target.streams.closed.note(streamId, "resetByUs");
      this.#reset(streamId, request.code);
      return;
    }
    target.begin(streamId, request, endsStream);
    if (request.kind === "refused") this.#countUselessFrame();
  }

  #takeTrailers(streamId: number, endsStream: boolean, block: Exclude<BlockVerdict, "broken">): void {
    const stream = this.#target.streams.get(streamId);
    const { fields } = this.#decoder;
    if (stream === undefined) return;
    if (block === "too-large" && endsStream) stream.body.remoteEnded = true;
    if (block === "too-large") stream.onBodyBroken("too-large", "the trailers are too large");
    else if (!endsStream || block !== "ok" || !isWellFormedTrailer(fields)) this.#reset(streamId, CODE.protocolError);
    else stream.remoteEnded(parseTrailerFields(fields));
  }

  /** Nothing can be read behind it: what it asked for is answered, and the connection ends. */
  #endlessBlock(streamId: number): void {
    const target = this.#target;
    const hasRoom = target.streams.size < target.options.maxConcurrentStreams;
    target.streams.get(streamId)?.onBodyBroken("too-large", "the trailers are too large");
    if (this.#stateOf(streamId) === "idle" && hasRoom) {
      this.lastStreamId = streamId;
      target.begin(streamId, { kind: "refused", refused: ENDLESS }, true);
    }
    this.#closeEnhanceYourCalm("an endless header block");
  }

  #strayData(streamId: number, bytes: number, verdict: FrameVerdict): void {
    const { streams } = this.#target;
    this.#target.consumed(bytes);
    if (streams.closed.stateOf(streamId) === "resetByUs" && !streams.closed.takes(streamId, bytes))
      this.#countUselessFrame();
    this.#turnDown(streamId, verdict);
  }

  #turnDown(streamId: number, verdict: FrameVerdict): void {
    if (verdict.kind === "count") this.#countUselessFrame();
    else if (verdict.kind === "stream-error") this.#reset(streamId, verdict.code);
    else if (verdict.kind === "connection-error") this.#target.fail(verdict.code, "HEADERS for no such stream");
  }

  /** A fault in a frame that may name any stream: a stream that was never opened cannot be reset. */
  #fault(streamId: number, code: number): void {
    const state = this.#stateOf(streamId);
    if (state === "idle" || state === "foreign") this.#target.fail(code, "malformed PRIORITY");
    else this.#reset(streamId, code);
  }

  /** For a fault of the client: it costs the client as much as a reset of its own. */
  #reset(streamId: number, code: number): void {
    const stream = this.#target.streams.get(streamId);
    if (stream === undefined) this.#target.out.word(FRAME.reset, streamId, code);
    stream?.reset(code);
    stream?.lose("malformed", "the client broke the protocol");
    this.countReset();
  }

  #stateOf(streamId: number): StreamState {
    if (streamId === 0) return "connection";
    const { streams, draining } = this.#target;
    const stream = streams.get(streamId);
    if (stream !== undefined) return stream.state;
    if (streamId % 2 === 0) return "foreign";
    if (streamId > this.lastStreamId) return draining ? "unheard" : "idle";
    return streams.closed.stateOf(streamId);
  }

  #countUselessFrame(): void {
    if (!this.#guard.nuisance()) this.#closeEnhanceYourCalm("too many frames of no use");
  }

  #closeEnhanceYourCalm(detail: string): void {
    this.#target.fail(CODE.enhanceYourCalm, detail);
  }

  #protocolError(detail: string): void {
    this.#target.fail(CODE.protocolError, detail);
  }
}

const NOTHING = new Uint8Array(0);

/** The answer to a block of which nothing was read. */
const ENDLESS: RefusedFields = { error: HEAD_ERRORS.headTooLarge, method: "", target: "", headers: null, bytes: 0 };
const GOAWAY_BYTES = 8;

interface Frame {
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Called for what is not an error of the connection. */
type Handle = (handler: FrameHandler, frame: Frame, verdict: FrameVerdict) => void;

/** By frame type. Types that are not in it are ignored (RFC 9113 §5.5), and counted. */
const HANDLERS: readonly Handle[] = [
  (handler, frame, verdict) => handler.data(frame, verdict),
  (handler, frame) => handler.headers(frame),
  (handler, frame) => handler.priority(frame),
  (handler, frame, verdict) => handler.reset(frame, verdict),
  (handler, frame) => handler.settings(frame),
  // No state takes a push, nor a CONTINUATION outside of a block.
  () => {},
  (handler, frame) => handler.ping(frame),
  (handler, frame) => handler.goaway(frame),
  (handler, frame) => handler.windowUpdate(frame),
  () => {},
];
