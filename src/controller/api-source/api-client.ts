import { type Dispatcher, request } from "undici";
import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Credentials } from "./credentials.ts";

/** Why a request to the API server brought nothing. */
export type ApiFailure =
  | { readonly kind: "status"; readonly status: number; readonly message: string; readonly retryAfterMs: number | null }
  | { readonly kind: "network"; readonly message: string };

/** A whole answer: a page of a list, or one object. */
const JSON_LIMIT_BYTES = 256 * 1024 * 1024;
const ERROR_LIMIT_BYTES = 16 * 1024;
const ACCEPT = { accept: "application/json", "user-agent": "headgate" };

export interface ApiClientOptions {
  /** For one whole list page or object, and for the head of a watch. */
  readonly requestMs: number;
  /** A watch without a byte for so long is taken for dead: the API server sends bookmarks about every minute. */
  readonly watchIdleMs: number;
}

export class ApiClient {
  readonly #credentials: Credentials;
  readonly #options: ApiClientOptions;

  constructor(credentials: Credentials, options: ApiClientOptions) {
    this.#credentials = credentials;
    this.#options = options;
  }

  /** GET of a JSON document, complete or not at all. Never rejects. */
  async getJson(path: string, signal: AbortSignal): Promise<Result<unknown, ApiFailure>> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#options.requestMs)]);
    try {
      const response = await this.#send(path, limit, this.#options.requestMs);
      if (response.statusCode !== 200) return err(await this.#refused(response));
      const text = await readText(response.body, JSON_LIMIT_BYTES);
      return ok(JSON.parse(text));
    } catch (error) {
      return err({ kind: "network", message: reasonOf(error) });
    }
  }

  /** The body of a watch. Never rejects; reading it may. */
  async openStream(path: string, signal: AbortSignal): Promise<Result<AsyncIterable<Uint8Array>, ApiFailure>> {
    try {
      const response = await this.#send(path, signal, this.#options.watchIdleMs);
      return response.statusCode === 200 ? ok(response.body) : err(await this.#refused(response));
    } catch (error) {
      return err({ kind: "network", message: reasonOf(error) });
    }
  }

  async close(): Promise<void> {
    await this.#credentials.close();
  }

  async #send(path: string, signal: AbortSignal, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const { baseUrl, dispatcher, headers } = await this.#credentials.access();
    signal.throwIfAborted();
    const headersTimeout = this.#options.requestMs;
    return request(baseUrl + path, {
      dispatcher,
      signal,
      headers: { ...ACCEPT, ...headers },
      headersTimeout,
      bodyTimeout,
    });
  }

  async #refused(response: Dispatcher.ResponseData): Promise<ApiFailure> {
    if (response.statusCode === 401) this.#credentials.refresh();
    const retryAfterMs = parseRetryAfter(response.headers["retry-after"]);
    const message = statusMessage(await readText(response.body, ERROR_LIMIT_BYTES).catch(() => ""));
    return { kind: "status", status: response.statusCode, message, retryAfterMs };
  }
}

export function formatFailure(failure: ApiFailure): string {
  return failure.kind === "network"
    ? failure.message
    : `HTTP ${failure.status}${failure.message === "" ? "" : `: ${failure.message}`}`;
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return printable(error.message + cause);
}

/** Reads to the end; throws when the body breaks off or is longer than the limit. */
async function readText(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limitBytes) throw new Error(`the answer is longer than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Seconds, as the API server writes it; a date is not used by it. */
function parseRetryAfter(header: string | string[] | undefined): number | null {
  return typeof header === "string" && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null;
}

function statusMessage(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === "object" && status !== null && "message" in status && typeof status.message === "string") {
      return printable(status.message);
    }
  } catch {
    // Not a Status object: the status code must do.
  }
  return "";
}
