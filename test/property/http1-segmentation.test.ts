import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RequestSource } from "../../src/wire/http1/request-source.ts";
import { formatRequestHead } from "../../src/wire/http1/message-head.ts";
import { HeaderList } from "../../src/wire/wire.ts";
import { BROKEN_BODIES, FORWARDED_CASES } from "../support/builders/body-corpus.ts";
import { readResponseByEngine } from "../support/oracles/engine-reading.ts";
import { REFUSED_CASES } from "../support/builders/request-corpus.ts";
import { BAD_BODIES, BAD_HEADS, SPOILT_CONNECTIONS } from "../support/builders/response-corpus.ts";
import { BAD_RESPONSES, GOOD_RESPONSES } from "../support/builders/message-samples.ts";

/** Everything the engine understands of the bytes: heads, bodies, and the first error, after which nothing is read. */
function verdict(pieces: readonly string[]): string[] {
  const source = new RequestSource({ underscoresInHeaders: false });
  const events: string[] = [];
  let inBody = false;
  let body = "";
  let failed = false;
  const fail = (code: string): void => {
    failed = true;
    events.push(`error ${code}`);
  };
  const step = (): boolean => {
    const { input } = source;
    if (!inBody) {
      const head = source.readHead();
      if (head === null) return false;
      const { parser } = source;
      if (head.error !== null) fail(head.error.code);
      if (failed || !head.done) return false;
      const { method, target, authority, upgrade, expectsContinue } = parser;
      const fields = [...parser.fields.headers].map(([name, value]) => `${name}=${value}`);
      events.push(["head", method, target, authority, upgrade, expectsContinue, head.headBytes, ...fields].join("|"));
      source.openBody();
      inBody = true;
      body = "";
      return true;
    }
    if (source.body.done) {
      events.push(`body ${body}`);
      inBody = false;
      source.next();
      return true;
    }
    if (input.length === 0) return false;
    body += source.body.read(input)?.toString("latin1") ?? "";
    if (source.body.error !== null) fail(source.body.error.code);
    return !failed;
  };
  for (const piece of pieces) {
    if (failed) break;
    source.input.receive(Buffer.from(piece, "latin1"), piece.length);
    while (step());
  }
  return events;
}

function splitAt(text: string, positions: readonly number[]): string[] {
  const sorted = [0, ...positions.map((position) => position % (text.length + 1)).sort((a, b) => a - b), text.length];
  return sorted.slice(1).map((end, i) => text.slice(sorted[i], end));
}

/**
 * Every position inside a message. Of those longer than a limit that they break, which repeat themselves for ten thousands of bytes,
 * every position at both ends and around each power of two, where limits, windows and buffers end.
 */
function cutsOf(length: number): readonly number[] {
  const all = Array.from({ length: length - 1 }, (_, i) => i + 1);
  if (length < 1000) return all;
  const powers = Array.from({ length: 8 }, (_, i) => 2 ** (i + 10));
  const isNear = (at: number): boolean => powers.some((power) => Math.abs(at - power) <= 1);
  return all.filter((at) => at <= 30 || at >= length - 10 || isNear(at));
}

/** The same bytes. Adds up how many of them are looked at, one by one or as text. */
function countReads(buffer: Buffer, work: { bytes: number }): Buffer {
  return new Proxy(buffer, {
    get(target, property): unknown {
      if (property === "toString") {
        return (encoding: "latin1", start: number, end: number): string => {
          work.bytes += end - start;
          return target.toString(encoding, start, end);
        };
      }
      if (typeof property === "string" && /^\d+$/.test(property)) work.bytes++;
      return Reflect.get(target, property, target);
    },
  });
}

const RESPONSES = [
  ...[...BAD_HEADS, ...BAD_BODIES, ...SPOILT_CONNECTIONS].map(({ text }) => text),
  ...GOOD_RESPONSES,
  ...BAD_RESPONSES,
];

const CORPUS = [...REFUSED_CASES, ...BROKEN_BODIES, ...FORWARDED_CASES];

describe("FR-44 the verdict does not depend on segmentation", () => {
  test("byte by byte", () => {
    for (const { bytes, name } of CORPUS) expect(verdict(bytes.split("")), name).toEqual(verdict([bytes]));
  });

  test("cut in two at every position", () => {
    for (const { bytes, name } of CORPUS) {
      const whole = verdict([bytes]);
      for (const at of cutsOf(bytes.length))
        expect(verdict([bytes.slice(0, at), bytes.slice(at)]), name).toEqual(whole);
    }
  });

  test("BE-01 BE-10 an answer byte by byte", () => {
    for (const text of RESPONSES) {
      const whole = readResponseByEngine([text], "GET");
      expect(readResponseByEngine(text.split(""), "GET"), text.slice(0, 200)).toEqual(whole);
    }
  });

  test("BE-01 BE-10 an answer cut in two at every position, to every kind of request", () => {
    for (const text of RESPONSES) {
      for (const method of ["GET", "HEAD"]) {
        const whole = readResponseByEngine([text], method);
        for (const at of cutsOf(text.length))
          expect(readResponseByEngine([text.slice(0, at), text.slice(at)], method), text.slice(0, 200)).toEqual(whole);
      }
    }
  });

  test("coalesced with the next request", () => {
    for (const { bytes, name } of FORWARDED_CASES) {
      const next = "GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n";
      expect(verdict([bytes + next]), name).toEqual(verdict([bytes, next]));
    }
  });

  test("cut anywhere, mutated anyhow", () => {
    const piece = fc.constantFrom(
      "\r",
      "\n",
      "\r\n",
      " ",
      "\t",
      ":",
      ";",
      "\0",
      "0",
      "5",
      "a",
      "Content-Length: 5\r\n",
      "Transfer-Encoding: chunked\r\n",
      "\x80",
    );
    const edit = fc.record({ at: fc.nat(400), drop: fc.nat(3), put: fc.array(piece, { maxLength: 3 }) });
    const base = fc.constantFrom(...CORPUS.filter(({ bytes }) => bytes.length < 500).map(({ bytes }) => bytes));
    fc.assert(
      fc.property(
        base,
        fc.array(edit, { maxLength: 4 }),
        fc.array(fc.nat(600), { maxLength: 8 }),
        (text, edits, cuts) => {
          let mutated = text;
          for (const { at, drop, put } of edits) {
            const from = at % (mutated.length + 1);
            mutated = mutated.slice(0, from) + put.join("") + mutated.slice(from + drop);
          }
          expect(verdict(splitAt(mutated, cuts))).toEqual(verdict([mutated]));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("a head of 32 KiB in packets of one byte costs linear work", () => {
    const fields = Array.from({ length: 31 }, (_, i) => `X-${i}: ${"y".repeat(1000)}\r\n`).join("");
    const text = `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
    const source = new RequestSource({ underscoresInHeaders: false });
    const { input } = source;
    let head: ReturnType<RequestSource["readHead"]> = null;
    const work = { bytes: 0 };
    let plain = input.bytes;
    for (const byte of text) {
      input.receive(Buffer.from(byte, "latin1"), byte.length);
      // A larger buffer: what was waiting has been copied.
      if (input.bytes !== plain) work.bytes += input.length;
      plain = input.bytes;
      input.bytes = countReads(plain, work);
      head = source.readHead();
      input.bytes = plain;
    }
    expect([head?.done, head?.error]).toEqual([true, null]);
    // Each byte is searched once, read once as text and copied at most twice; a little more for the start line, which is judged as it comes.
    expect(work.bytes).toBeLessThan(5 * text.length);
    expect(work.bytes).toBeGreaterThanOrEqual(text.length);
  });
});

describe("what is written is read back as it was", () => {
  const token = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^`|~09AZaz".split("")), minLength: 1, maxLength: 20 });
  const text = fc
    .string({
      unit: fc
        .integer({ min: 0x20, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
      maxLength: 40,
    })
    .map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ""));
  const special = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "expect",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "proxy-connection",
  ];
  const field = fc.tuple(
    token.filter((name) => !special.includes(name.toLowerCase())),
    text,
  );
  const target = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 60,
  });

  test("a request head", () => {
    fc.assert(
      fc.property(
        token,
        target,
        fc.array(field, { maxLength: 20 }),
        fc.nat(1000),
        (method, path, fields, bodyLengthBytes) => {
          fc.pre(!["TRACE", "TRACK", "CONNECT"].includes(method));
          const headers = HeaderList.from([["Host", "a.test"], ...fields]);
          const head = formatRequestHead({
            method,
            target: `/${path}`,
            headers,
            bodyLengthBytes,
            answerHeadBytes: 65_536,
            upgrade: null,
          });
          const [read, body] = verdict([`${head}${"x".repeat(bodyLengthBytes)}`]);
          const length = Buffer.byteLength(head ?? "", "latin1");
          const expected = [
            "head",
            method,
            `/${path}`,
            "a.test",
            "",
            false,
            length,
            ...fields.map(([name, value]) => `${name}=${value}`),
          ];
          expect(read).toBe(expected.join("|"));
          expect(body).toBe(`body ${"x".repeat(bodyLengthBytes)}`);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a head with anything that could change the message is not written at all", () => {
    const attempt = (method: string, path: string, field: readonly [string, string]): string | null =>
      formatRequestHead({
        method,
        target: path,
        headers: HeaderList.from([field]),
        bodyLengthBytes: 0,
        answerHeadBytes: 65_536,
        upgrade: null,
      });
    expect(attempt("GET", "/", ["X", "y"])).not.toBeNull();
    expect(attempt("GE T", "/", ["X", "y"])).toBeNull();
    for (const path of ["", "/ ", "/\r\nX: y", "/\u010a", "/\x7f"]) expect(attempt("GET", path, ["X", "y"])).toBeNull();
    for (const value of ["a\r\nb", "a\nb", "a\0", "\u010a", "\u{1f600}"])
      expect(attempt("GET", "/", ["X", value])).toBeNull();
    for (const name of ["", "X Y", "X:", "X\n", "\u0158"]) expect(attempt("GET", "/", [name, "y"])).toBeNull();
    for (const name of ["Content-Length", "transfer-encoding", "Connection", "EXPECT", "Upgrade"]) {
      expect(attempt("GET", "/", [name, "y"])).toBeNull();
    }
  });
});
