import { HeaderList } from "../../wire/wire.ts";
import { ERRORS, type ProxyError, statusLine } from "./errors.ts";

/** How a phase ends a request without asking an upstream. */
export type Answer =
  /** `detail`: what is known beyond the code, as one clause in our words; empty for nothing. */
  | { readonly kind: "error"; readonly error: ProxyError; readonly detail: string }
  /** `location` is already safe for a header. */
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  /** A success without content, such as the health check. */
  | { readonly kind: "empty"; readonly status: number };

/** An answer in the form in which it is sent. */
export interface Page {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Buffer;
}

export function errorAnswer(error: ProxyError, detail = ""): Answer {
  return { kind: "error", error, detail };
}

/** `hint` is plain text shown below the heading; empty for none. Fresh headers each time: who sends the page may add to them. */
export function renderAnswer(answer: Answer, hint: string): Page {
  if (answer.kind === "empty") return { status: answer.status, headers: new HeaderList(), body: EMPTY };
  const headers = htmlHeaders();
  if (answer.kind === "redirect") {
    headers.append("Location", answer.location);
    return { status: answer.status, headers, body: pageBody(answer.status) };
  }
  const { status, code } = answer.error;
  if (TRANSIENT_ERRORS.has(code)) headers.append("Retry-After", "1");
  return { status, headers, body: hint === "" ? pageBody(status) : buildBody(status, hint) };
}

/** What may be over at the next moment. */
const TRANSIENT_ERRORS: ReadonlySet<string> = new Set([ERRORS.noEndpoints.code, ERRORS.notReady.code]);
const EMPTY = Buffer.alloc(0);
const bodies = new Map<number, Buffer>();

function htmlHeaders(): HeaderList {
  const headers = new HeaderList();
  headers.append("Content-Type", "text/html; charset=utf-8");
  return headers;
}

function pageBody(status: number): Buffer {
  let body = bodies.get(status);
  if (body === undefined) {
    body = buildBody(status, "");
    bodies.set(status, body);
  }
  return body;
}

/** The shape of nginx's pages, which scripts grep, without a version. */
function buildBody(status: number, hint: string): Buffer {
  const line = statusLine(status);
  const paragraph = hint === "" ? "" : `<pre>${escapeHtml(hint)}</pre>\r\n`;
  return Buffer.from(
    `<html>\r\n<head><title>${line}</title></head>\r\n<body>\r\n<center><h1>${line}</h1></center>\r\n${paragraph}` +
      `<hr><center>headgate</center>\r\n</body>\r\n</html>\r\n`,
  );
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? "");
}
