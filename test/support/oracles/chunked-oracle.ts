/** A chunked body as a second reader understands it, which shares no code with the engine. */
export interface OracleBody {
  /** Data, also of a body that is not complete. */
  readonly content: string;
  /** Bytes it takes on the wire, when complete. */
  readonly length: number;
  /** Null: complete. `unsure`: wrong or unfinished. */
  readonly end: "partial" | "refused" | "unsure" | null;
  readonly statuses: ReadonlySet<number>;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const SIZE = "([0-9A-Fa-f]{1,13})";
const EXTENSIONS = `((?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*)`;
const SIZE_LINES = {
  request: new RegExp(`${SIZE}${EXTENSIONS}\\r\\n`, "y"),
  /** With padding, where there is no extension. */
  response: new RegExp(`${SIZE}(?:[ \\t]+|${EXTENSIONS})\\r\\n`, "y"),
};
const TRAILER_LINE = new RegExp(`${TOKEN}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n`, "y");
const NONE: ReadonlySet<number> = new Set();

/** Reads a body in the chunked coding (RFC 9112 §7.1) under the engine's limits on framing. */
export function readChunkedBody(text: string, of: keyof typeof SIZE_LINES): OracleBody {
  const sizeLine = SIZE_LINES[of];
  let content = "";
  let at = 0;
  let overheadLeft = 16_384;
  for (;;) {
    sizeLine.lastIndex = at;
    const line = sizeLine.exec(text);
    if (line === null) return fault(content, text, at, [400]);
    const size = Number.parseInt(line[1] ?? "", 16);
    overheadLeft -= line[0].length;
    if (overheadLeft < 0 || (line[2] ?? "").length > 1025) return fault(content, "\n", 0, [400]);
    at += line[0].length;
    if (size === 0) return readTrailers(content, text, at, overheadLeft + 16);
    content += text.slice(at, at + size);
    if (text.length < at + size + 2) {
      const end = text.slice(at + size);
      return end === "" || end === "\r" ? open(content) : fault(content, "\n", 0, [400]);
    }
    if (text.slice(at + size, at + size + 2) !== "\r\n") return fault(content, "\n", 0, [400]);
    at += size + 2;
    overheadLeft += 16 + size - 2;
  }
}

function readTrailers(content: string, text: string, start: number, overheadLeft: number): OracleBody {
  let at = start;
  const tooMuch = (): boolean => at - start > 8192;
  while (!text.startsWith("\r\n", at)) {
    TRAILER_LINE.lastIndex = at;
    const line = TRAILER_LINE.exec(text);
    if (line === null) return fault(content, text, at, [400, 431]);
    at += line[0].length;
    if (tooMuch()) return fault(content, "\n", 0, [431, 400]);
    if (at - start > overheadLeft) return fault(content, "\n", 0, [400]);
  }
  return { content, length: at + 2, end: null, statuses: NONE };
}

function open(content: string): OracleBody {
  return { content, length: 0, end: "partial", statuses: NONE };
}

/** Without a line end behind `at` the line may just be unfinished. */
function fault(content: string, text: string, at: number, statuses: readonly number[]): OracleBody {
  const unfinished = text.indexOf("\n", at) === -1;
  const end = unfinished ? (text.length === at ? "partial" : "unsure") : "refused";
  return { content, length: 0, end, statuses: end === "partial" ? NONE : new Set(statuses) };
}
