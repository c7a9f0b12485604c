import type { Refusal } from "../seam/server.ts";
import { BodyReader } from "./body-reader.ts";
import type { HeadError } from "../http/refusals.ts";
import type { HeadReader } from "./head-reader.ts";
import { HeadPair, HeadSource } from "./head-source.ts";
import { InputBuffer } from "../socket/input-buffer.ts";
import { describeRefusal, firstLine, formatErrorResponse } from "./refusal.ts";
import { RequestHeadParser } from "./request-head.ts";

interface SourceOptions {
  readonly underscoresInHeaders: boolean;
}

type OpenPair = () => HeadPair<RequestHeadParser>;

const openDropping: OpenPair = () => new HeadPair(new RequestHeadParser({ underscoresInHeaders: false }));
const openKeeping: OpenPair = () => new HeadPair(new RequestHeadParser({ underscoresInHeaders: true }));
/** How fields with underscores are handled. */
const DROPPING = { common: openDropping(), open: openDropping };
const KEEPING = { common: openKeeping(), open: openKeeping };

/** The requests of one connection as they come in: bytes waiting, and the readers of the current head and body. */
export class RequestSource {
  readonly input = new InputBuffer();
  readonly body = new BodyReader("refused");
  readonly #heads: HeadSource<RequestHeadParser>;

  constructor({ underscoresInHeaders }: SourceOptions) {
    const { common, open } = underscoresInHeaders ? KEEPING : DROPPING;
    this.#heads = new HeadSource(common, open);
  }

  /** What the last `readHead` found; holds until the next one on any connection. */
  get parser(): RequestHeadParser {
    return this.#heads.parser;
  }

  /** True when a byte of the next head is here. The blank lines that some clients put behind a body are none. */
  get headBegun(): boolean {
    return this.#heads.begun || this.input.length > 0;
  }

  /** Reads on in the head of the current request. How far it came; null where there was nothing to read. */
  readHead(): HeadReader | null {
    if (this.input.length === 0) return null;
    const { bytes, at, end } = this.input;
    const fresh = !this.#heads.begun;
    this.#heads.read(this.input);
    const { head } = this.#heads;
    if (head.error !== null && fresh) this.#heads.parser.refusedLine = firstLine({ bytes, at, end });
    return head;
  }

  /** The answer to a head that is refused, and its report. */
  refuse(error: HeadError, nowMs: number): { readonly answer: string; readonly refusal: Refusal } {
    const { parser, input } = this;
    const answer = formatErrorResponse(error, parser.method, nowMs);
    const { method, sentTarget, http10, refusedLine } = parser;
    parser.refusedLine = "";
    const read = sentTarget !== "" ? `${method} ${sentTarget} HTTP/${http10 ? "1.0" : "1.1"}` : firstLine(input);
    const requestLine = refusedLine === "" ? read : refusedLine;
    const { headBytes } = this.#heads.head;
    return { answer, refusal: { requestLine, ...describeRefusal(error, answer, parser, headBytes) } };
  }

  /** Begins the next request. */
  next(): void {
    this.#heads.next();
  }

  /** Begins the body that the head declared. */
  openBody(): void {
    const { bodyLengthBytes } = this.parser;
    this.body.start(bodyLengthBytes === 0 ? "none" : bodyLengthBytes > 0 ? "length" : "chunked", bodyLengthBytes);
  }

  /** True when the rest of the body has certainly not come. */
  get lacksBody(): boolean {
    if (this.input.length === 0) return !this.body.done;
    return this.body.lacks(this.input);
  }

  /** Drops a body that has been received already, so that an unread body does not cost the connection. */
  dropBufferedBody(): void {
    while (!this.body.done && this.body.error === null && this.input.length > 0) this.body.read(this.input);
  }
}
