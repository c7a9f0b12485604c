/** An answer as a client reads it that trusts nothing. */
export interface ClientAnswer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  body: string;
  /** The body ended as its framing promised. */
  complete: boolean;
  readonly framing: "none" | "length" | "chunked" | "until-close";
}

const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t\x20-\x7e\x80-\xff]*)$/;
const STATUS_LINE = /^HTTP\/1\.1 ([1-9]\d\d) [\x20-\x7e]*$/;

/**
 * Cuts what a client received into answers, as strictly as it can be done: whatever could be read in two ways is a fault. The
 * methods of the requests decide which answers have a body.
 */
export class AnswerReader {
  readonly answers: ClientAnswer[] = [];
  interim = 0;
  fault: string | null = null;
  /** After a 101 everything belongs to the tunnel. */
  tunnel: string | null = null;
  readonly #methods: readonly string[];
  #rest = "";
  #open: ClientAnswer | null = null;
  #left = 0;

  constructor(methods: readonly string[]) {
    this.#methods = methods;
  }

  /** Complete answers so far. */
  get completeCount(): number {
    return this.answers.filter(({ complete }) => complete).length;
  }

  /** Bytes that belong to no answer yet. */
  get rest(): string {
    return this.#rest;
  }

  push(text: string): void {
    if (this.tunnel !== null) {
      this.tunnel += text;
      return;
    }
    this.#rest += text;
    while (this.fault === null && this.tunnel === null && this.#step());
  }

  /** The connection ended, cleanly or by an error. */
  end(clean: boolean): void {
    if (this.#open?.framing !== "until-close" || !clean) return;
    this.#open.complete = true;
    this.#open = null;
  }

  #step(): boolean {
    const open = this.#open;
    if (open === null) return this.#readHead();
    if (open.framing === "chunked") return this.#readChunk(open);
    const take = open.framing === "length" ? this.#rest.slice(0, this.#left) : this.#rest;
    open.body += take;
    this.#rest = this.#rest.slice(take.length);
    if (open.framing === "until-close") return false;
    this.#left -= take.length;
    if (this.#left > 0) return false;
    this.#close(open);
    return true;
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const [statusLine = "", ...lines] = this.#rest.slice(0, end).split("\r\n");
    const status = Number(STATUS_LINE.exec(statusLine)?.[1] ?? "0");
    const pairs = lines.map((line) => FIELD.exec(line));
    const fields = new Map(pairs.map((match) => [(match?.[1] ?? "").toLowerCase(), match?.[2] ?? ""] as const));
    if (status === 0 || pairs.includes(null)) return this.#fail(`head ${JSON.stringify(this.#rest.slice(0, 300))}`);
    const framings = pairs.filter((match) => /^(?:content-length|transfer-encoding)$/i.test(match?.[1] ?? ""));
    if (framings.length > 1) return this.#fail("two framings");
    this.#rest = this.#rest.slice(end + 4);
    if (status === 101) {
      this.tunnel = this.#rest;
      return false;
    }
    if (status < 200) {
      this.interim++;
      return framings.length === 0 || this.#fail("interim response with framing");
    }
    this.#begin(status, fields);
    return true;
  }

  #begin(status: number, fields: ReadonlyMap<string, string>): void {
    const method = this.#methods[this.answers.length] ?? "GET";
    const declared = fields.get("content-length");
    const coding = fields.get("transfer-encoding");
    const bodiless = method === "HEAD" || status === 204 || status === 304;
    const framing = bodiless
      ? "none"
      : coding !== undefined
        ? "chunked"
        : declared === undefined
          ? "until-close"
          : "length";
    if (declared !== undefined && !/^(?:0|[1-9]\d{0,14})$/.test(declared)) this.#fail("content-length");
    if (coding !== undefined && coding !== "chunked") this.#fail("transfer-encoding");
    if (framing === "until-close" && fields.get("connection") !== "close") this.#fail("no framing, but no close");
    const answer = { status, fields, body: "", complete: false, framing } as const;
    this.#open = { ...answer };
    this.answers.push(this.#open);
    this.#left = framing === "length" ? Number(declared) : 0;
    if (framing === "none" || (framing === "length" && this.#left === 0)) this.#close(this.#open);
  }

  #readChunk(open: ClientAnswer): boolean {
    const lineEnd = this.#rest.indexOf("\r\n");
    if (lineEnd === -1) return false;
    const digits = this.#rest.slice(0, lineEnd);
    if (!/^(?:0|[1-9a-f][0-9a-f]{0,7})$/.test(digits)) return this.#fail(`chunk size ${JSON.stringify(digits)}`);
    const size = Number.parseInt(digits, 16);
    const end = lineEnd + 2 + size;
    if (this.#rest.length < end + 2) return false;
    if (this.#rest.slice(end, end + 2) !== "\r\n") return this.#fail("chunk end");
    open.body += this.#rest.slice(lineEnd + 2, end);
    this.#rest = this.#rest.slice(end + 2);
    if (size === 0) this.#close(open);
    return true;
  }

  #close(open: ClientAnswer): void {
    open.complete = true;
    this.#open = null;
  }

  #fail(fault: string): false {
    this.fault ??= fault;
    return false;
  }
}
