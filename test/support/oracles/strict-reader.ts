/** One message as the strict reader understands it. */
export interface StrictMessage {
  readonly startLine: string;
  /** Lower-case names. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface StrictReading {
  readonly messages: readonly StrictMessage[];
  /** Bytes of a message that is not complete. */
  readonly rest: string;
  /** Why the bytes are not a sequence of unambiguous messages; null when they are. */
  readonly fault: string | null;
}

const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([\t\x20-\x7e\x80-\xff]*)$/;
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e]+ HTTP\/1\.1$/;

/**
 * Judges what reached a backend, byte for byte, with no code in common with the engine: only the one canonical way of writing
 * a request is let through, so whatever any parser could read in two ways is a fault.
 */
export function readStrictly(text: string): StrictReading {
  const messages: StrictMessage[] = [];
  let rest = text;
  while (rest !== "") {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) return { messages, rest, fault: faultOfPart(rest) };
    const [startLine = "", ...lines] = rest.slice(0, headEnd).split("\r\n");
    const fields = lines.map((line) => FIELD.exec(line));
    const fault = faultOfHead(startLine, fields);
    if (fault !== null) return { messages, rest, fault };
    const pairs = fields.map((match) => [(match?.[1] ?? "").toLowerCase(), match?.[2] ?? ""] as const);
    const body = readBody(pairs, rest.slice(headEnd + 4));
    if (body.fault !== null) return { messages, rest, fault: body.fault };
    if (body.length === null) return { messages, rest, fault: null };
    messages.push({ startLine, fields: pairs, body: body.content });
    rest = rest.slice(headEnd + 4 + body.length);
  }
  return { messages, rest: "", fault: null };
}

function faultOfPart(head: string): string | null {
  return /(?<!\r)\n|\r(?!\n|$)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(head)
    ? "control characters in an unfinished head"
    : null;
}

function faultOfHead(startLine: string, fields: readonly (RegExpExecArray | null)[]): string | null {
  if (!REQUEST_LINE.test(startLine)) return `request line ${JSON.stringify(startLine)}`;
  if (fields.includes(null)) return "field line";
  const names = fields.map((match) => (match?.[1] ?? "").toLowerCase());
  for (const single of ["host", "content-length", "transfer-encoding"]) {
    if (names.filter((name) => name === single).length > 1) return `repeated ${single}`;
  }
  if (!names.includes("host")) return "no host";
  if (names.includes("content-length") && names.includes("transfer-encoding")) return "two framings";
  const forbidden = ["expect", "te", "trailer", "keep-alive", "proxy-connection", "http2-settings"].find((name) =>
    names.includes(name),
  );
  return forbidden === undefined ? null : `forwarded ${forbidden}`;
}

interface Body {
  readonly content: string;
  /** Bytes taken; null when more must come. */
  readonly length: number | null;
  readonly fault: string | null;
}

function readBody(fields: readonly (readonly [string, string])[], text: string): Body {
  const field = new Map(fields);
  const coding = field.get("transfer-encoding");
  if (coding !== undefined) return coding === "chunked" ? readChunks(text) : faulty("transfer-encoding");
  const declared = field.get("content-length") ?? "0";
  if (!/^(?:0|[1-9]\d{0,14})$/.test(declared)) return faulty("content-length");
  const length = Number(declared);
  return text.length < length ? unfinished() : { content: text.slice(0, length), length, fault: null };
}

function readChunks(text: string): Body {
  let content = "";
  let at = 0;
  for (;;) {
    const sizeEnd = text.indexOf("\r\n", at);
    if (sizeEnd === -1) return /^[0-9a-f]{0,13}\r?$/.test(text.slice(at)) ? unfinished() : faulty("chunk size");
    const size = text.slice(at, sizeEnd);
    if (!/^(?:0|[1-9a-f][0-9a-f]{0,12})$/.test(size)) return faulty("chunk size");
    const length = Number.parseInt(size, 16);
    const end = sizeEnd + 2 + length;
    if (text.length < end + 2) return unfinished();
    if (text.slice(end, end + 2) !== "\r\n") return faulty("chunk end");
    content += text.slice(sizeEnd + 2, end);
    at = end + 2;
    if (length === 0) return { content, length: at, fault: null };
  }
}

function unfinished(): Body {
  return { content: "", length: null, fault: null };
}

function faulty(fault: string): Body {
  return { content: "", length: null, fault };
}
