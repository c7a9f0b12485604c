/** What a page may depend on. */
export interface PageRequest {
  readonly query: URLSearchParams;
  /** The Accept field; undefined without one. */
  readonly accept: string | undefined;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** A page's answer. The body may come in pieces: a large scrape must not hold up the traffic. Those are compressed for who takes it. */
export interface Page {
  readonly status: 200 | 400 | 409 | 500 | 503;
  readonly contentType: string;
  readonly body: Iterable<string> | AsyncIterable<string> | string;
}

export function plain(status: Page["status"], text: string): Page {
  return { status, contentType: "text/plain; charset=utf-8", body: `${text}\n` };
}
