import { type Dispatcher, errors, request } from "undici";
import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { ScopedSignal } from "../../lib/scoped-signal.ts";
import type { Credentials } from "./credentials.ts";

/** Why a request to the API server brought nothing. */
export type ApiFailure =
  | { readonly kind: "status"; readonly status: number; readonly message: string; readonly retryAfterMs: number | null }
  | { readonly kind: "network"; readonly message: string };

/** A whole answer: a page of a list, or one object. */
const JSON_LIMIT_BYTES = 256 * 1024 * 1024;
const ERROR_LIMIT_BYTES = 16 * 1024;
const ACCEPT = { accept: "application/json", "user-agent": "headgate" };

/** A change to be made. `patch` is a JSON merge patch (RFC 7386). */
export interface ApiWrite {
  readonly verb: "create" | "update" | "patch";
  readonly path: string;
  readonly body: unknown;
}

const METHODS = { create: "POST", update: "PUT", patch: "PATCH" } as const;
const TYPES = {
  create: "application/json",
  update: "application/json",
  patch: "application/merge-patch+json",
} as const;

interface Call {
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly bodyTimeout: number;
}

export interface ApiClientOptions {
  /** For one whole list page or object, and for the head of a watch. */
  readonly requestMs: number;
  /** A watch without a byte for so long is left. */
  readonly watchIdleMs: number;
}

export class ApiClient {
  readonly #credentials: Credentials;
  readonly #options: ApiClientOptions;

  constructor(credentials: Credentials, options: ApiClientOptions) {
    this.#credentials = credentials;
    this.#options = options;
  }

  /** GET of a JSON document, complete or not at all. `accept` asks for another form of it. Never rejects. */
  async getJson(
    path: string,
    signal: AbortSignal,
    accept: string = ACCEPT.accept,
  ): Promise<Result<unknown, ApiFailure>> {
    const bodyTimeout = this.#options.requestMs;
    return this.#exchange(path, { method: "GET", headers: { accept }, body: null, bodyTimeout }, signal);
  }

  /** Writes once, and brings back the object as it then is. Never rejects; after a network failure nobody knows what happened. */
  async write({ verb, path, body }: ApiWrite, signal: AbortSignal): Promise<Result<unknown, ApiFailure>> {
    const headers = { "content-type": TYPES[verb] };
    const bodyTimeout = this.#options.requestMs;
    return this.#exchange(path, { method: METHODS[verb], headers, body: JSON.stringify(body), bodyTimeout }, signal);
  }

  /** The body of a watch. Never rejects; reading it may. */
  async openStream(
    path: string,
    signal: AbortSignal,
    accept: string = ACCEPT.accept,
  ): Promise<Result<AsyncIterable<Uint8Array>, ApiFailure>> {
    try {
      const call: Call = {
        method: "GET",
        headers: { accept },
        body: null,
        bodyTimeout: this.#options.watchIdleMs,
      };
      const response = await this.#send(path, call, signal);
      return response.statusCode === 200 ? ok(response.body) : err(await this.#refused(response));
    } catch (error) {
      return err({ kind: "network", message: reasonOf(error) });
    }
  }

  /** True when files that the credentials come from changed since they were read: then the next request reads them again. */
  noticeNewCredentials(): boolean {
    return this.#credentials.noticeChange();
  }

  async close(): Promise<void> {
    await this.#credentials.close();
  }

  async #exchange(path: string, call: Call, signal: AbortSignal): Promise<Result<unknown, ApiFailure>> {
    using limit = new ScopedSignal([signal], this.#options.requestMs);
    try {
      const response = await this.#send(path, call, limit.signal);
      if (response.statusCode !== 200 && response.statusCode !== 201) return err(await this.#refused(response));
      const text = await readText(response.body, JSON_LIMIT_BYTES);
      return ok(JSON.parse(text));
    } catch (error) {
      return err({ kind: "network", message: reasonOf(error) });
    }
  }

  async #send(path: string, call: Call, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { baseUrl, dispatcher, headers } = await this.#credentials.access();
    signal.throwIfAborted();
    return request(baseUrl + path, {
      dispatcher,
      signal,
      method: call.method,
      body: call.body,
      headers: { ...ACCEPT, ...call.headers, ...headers },
      headersTimeout: this.#options.requestMs,
      bodyTimeout: call.bodyTimeout,
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

export function isStatus(failure: ApiFailure, status: number): boolean {
  return failure.kind === "status" && failure.status === status;
}

/** How long the server asked to wait, in milliseconds; 0 where it did not. */
export function retryAfterOf(failure: ApiFailure): number {
  return failure.kind === "status" ? (failure.retryAfterMs ?? 0) : 0;
}

/** A body brought nothing for as long as its reader was ready to wait; thrown by reading it. */
export function isQuiet(error: unknown): boolean {
  return error instanceof errors.BodyTimeoutError;
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
