import { BodyReader } from "./body-reader.ts";
import { HeadReader } from "./head-reader.ts";
import { InputBuffer } from "./input-buffer.ts";
import { RequestHeadParser } from "./request-head.ts";

/** The requests of one connection as they come in: bytes waiting, and the readers of the current head and body. */
export class RequestSource {
  readonly input = new InputBuffer();
  readonly parser: RequestHeadParser;
  readonly head: HeadReader;
  readonly body = new BodyReader();

  constructor(options: { readonly underscoresInHeaders: boolean }) {
    this.parser = new RequestHeadParser(options);
    this.head = new HeadReader(this.parser);
  }

  /** True when a byte of the next head is here. The blank lines that some clients put behind a body are none. */
  get headBegun(): boolean {
    return this.head.inFields || this.input.length > 0;
  }

  /** Begins the next request. */
  next(): void {
    this.parser.start();
    this.head.start();
  }

  /** Begins the body that the head declared. */
  openBody(): void {
    const { bodyLengthBytes } = this.parser;
    this.body.start(bodyLengthBytes === 0 ? "none" : bodyLengthBytes > 0 ? "length" : "chunked", bodyLengthBytes);
  }

  /** A body that is here already need not cost the connection when nobody wants it. */
  dropBufferedBody(): void {
    while (!this.body.done && this.body.error === null && this.input.length > 0) this.body.read(this.input);
  }
}
