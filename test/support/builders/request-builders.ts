/** One attack or odd request of the catalogue, and what must become of it. */
export interface CorpusCase {
  /** Catalogue id and a short name. */
  readonly name: string;
  readonly bytes: string;
  /** Status the client gets from the wire itself; null when the request is forwarded. */
  readonly refused: number | null;
  /** For forwarded requests: how many of them the backend must see. Default 1. */
  readonly forwarded?: number;
}

/** A request of which one part is replaced. Lines are joined with CRLF. */
export function request(lines: readonly string[], body = "", method = "POST"): string {
  return `${method} /p HTTP/1.1\r\nHost: a.test\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

export function head(startLine: string, ...lines: string[]): string {
  return [startLine, ...lines, "", ""].join("\r\n");
}

export function refuse(status: number, cases: readonly (readonly [name: string, bytes: string])[]): CorpusCase[] {
  return cases.map(([name, bytes]) => ({ name, bytes, refused: status }));
}

export function accept(cases: readonly (readonly [name: string, bytes: string, forwarded?: number])[]): CorpusCase[] {
  return cases.map(([name, bytes, forwarded]) => ({ name, bytes, refused: null, forwarded: forwarded ?? 1 }));
}

export function field(line: string): string {
  return request([line], "", "GET");
}

export function chunked(body: string): string {
  return request(["Transfer-Encoding: chunked"], body);
}
