import type { Random } from "./random.ts";

/** Pieces that have broken parsers before. */
const PIECES: readonly string[] = [
  ...'\r\n\t\0\x0b\x0c\x7f\x80\x85\xa0\xff :;,="\\/?#%*.+-_0159aAfFxX'.split(""),
  "\r\n",
  "\r\n\r\n",
  "\n\n",
  "\r\r\n",
  "0\r\n\r\n",
  "5\r\nhello\r\n",
  "5;a=b\r\nhello\r\n",
  "5  \r\nhello\r\n",
  "ffffffffffffffff\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "content-length:5\r\n",
  "Content-Length : 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding:\x0bchunked\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive\r\n",
  "Connection: Upgrade\r\nUpgrade: websocket\r\n",
  "Connection: Upgrade\r\nUpgrade: tcp\r\n",
  "Connection: X-Fuzz, Content-Length\r\n",
  "Expect: 100-continue\r\n",
  "Host: b.test\r\n",
  "X-Fuzz: 1\r\n",
  " folded\r\n",
  "GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n",
  "HTTP/1.0",
  "HTTP/1.1",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
];
/** A message that has grown to this is not made longer. */
const LIMIT_BYTES = 150_000;

type Mutation = (text: string, random: Random, corpus: readonly string[]) => string;

const MUTATIONS: readonly Mutation[] = [
  insertPiece,
  insertPiece,
  dropRange,
  changeByte,
  repeatLine,
  swapLines,
  twistLength,
  twistLength,
  twistCase,
  twistBlank,
  twistLineEnd,
  splice,
  repeatRange,
  append,
];

/** A few random changes to a message, such as a hostile peer would try. */
export function mutate(text: string, random: Random, corpus: readonly string[]): string {
  let mutated = text;
  for (let left = random.between(1, 4); left > 0 && mutated.length < LIMIT_BYTES; left--) {
    mutated = random.pick(MUTATIONS)(mutated, random, corpus);
  }
  return mutated;
}

/** Half of all places are next to a delimiter, where parsers make their decisions. */
function place(text: string, random: Random): number {
  const at = random.below(text.length + 1);
  if (random.chance(0.5)) return at;
  const delimiter = text.slice(at).search(/[\r\n:; ,]/);
  return delimiter === -1 ? at : at + delimiter + random.below(2);
}

function insertPiece(text: string, random: Random): string {
  const at = place(text, random);
  return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
}

function dropRange(text: string, random: Random): string {
  const at = place(text, random);
  return text.slice(0, at) + text.slice(at + random.between(1, random.chance(0.8) ? 4 : 60));
}

function changeByte(text: string, random: Random): string {
  const at = place(text, random);
  return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
}

function repeatLine(text: string, random: Random): string {
  const lines = text.split("\r\n");
  const at = random.below(lines.length);
  const line = lines[at] ?? "";
  const count = random.chance(0.02) ? 150 : random.between(1, 3);
  return [...lines.slice(0, at), ...Array.from({ length: count }, () => line), ...lines.slice(at)].join("\r\n");
}

function swapLines(text: string, random: Random): string {
  const lines = text.split("\r\n");
  const [a, b] = [random.below(lines.length), random.below(lines.length)];
  const [first = "", second = ""] = [lines[a], lines[b]];
  return lines.with(a, second).with(b, first).join("\r\n");
}

const TWISTS: readonly ((digits: string, random: Random) => string)[] = [
  (digits, random) => String(Number.parseInt(digits, 10) + random.between(-3, 3)),
  (digits) => `0${digits}`,
  (digits) => `${digits}0`,
  (digits) => `0x${digits}`,
  (digits) => `+${digits}`,
  (digits) => `-${digits}`,
  (digits) => `${digits},${digits}`,
  (digits) => `${digits} `,
  () => "18446744073709551617",
  () => "4294967297",
  (digits) => Number.parseInt(digits, 10).toString(16),
];

function twistLength(text: string, random: Random): string {
  const numbers = [...text.matchAll(/(?<=[\s:;])\d{1,10}(?=[\s;])/g)];
  if (numbers.length === 0) return insertPiece(text, random);
  const { index, 0: digits } = random.pick(numbers);
  return text.slice(0, index) + random.pick(TWISTS)(digits, random) + text.slice(index + digits.length);
}

function twistCase(text: string, random: Random): string {
  const at = place(text, random);
  const part = text.slice(at, at + random.between(1, 20));
  const twisted = random.chance(0.5) ? part.toUpperCase() : part.toLowerCase();
  // Some letters of latin1 have their capital outside of it.
  return twisted.length === part.length && /^[\0-\xff]*$/.test(twisted)
    ? text.slice(0, at) + twisted + text.slice(at + part.length)
    : text;
}

function twistBlank(text: string, random: Random): string {
  const blanks = [...text.matchAll(/[ :]/g)];
  if (blanks.length === 0) return text;
  const { index } = random.pick(blanks);
  const blank = random.pick([" ", "\t", "  ", "\r\n ", "\x0b", "\0", "", "\xa0"]);
  return random.chance(0.5)
    ? text.slice(0, index) + blank + text.slice(index)
    : text.slice(0, index + 1) + blank + text.slice(index + 1);
}

function twistLineEnd(text: string, random: Random): string {
  const ends = [...text.matchAll(/\r\n/g)];
  if (ends.length === 0) return text;
  const { index } = random.pick(ends);
  return text.slice(0, index) + random.pick(["\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", ""]) + text.slice(index + 2);
}

function splice(text: string, random: Random, corpus: readonly string[]): string {
  const other = random.pick(corpus);
  return text.slice(0, place(text, random)) + other.slice(place(other, random));
}

function repeatRange(text: string, random: Random): string {
  const at = place(text, random);
  const part = text.slice(at, at + random.between(1, 40));
  return text.slice(0, at) + part.repeat(random.chance(0.05) ? 500 : random.between(2, 5)) + text.slice(at);
}

function append(text: string, random: Random, corpus: readonly string[]): string {
  return text + random.pick(corpus);
}

/** The same text in pieces: whole, byte by byte, or cut anywhere. */
export function segment(text: string, random: Random): readonly string[] {
  const kind = random.below(10);
  if (kind < 3 || text.length < 2) return [text];
  if (kind === 3 && text.length < 400) return text.split("");
  const cuts = Array.from({ length: random.between(1, 6) }, () => place(text, random)).sort((a, b) => a - b);
  const ends = [...new Set([...cuts, text.length])].filter((cut) => cut > 0);
  return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end)).filter((piece) => piece !== "");
}
