import type { CodingSpec, CompressionFilter } from "../../model/filters/compression.ts";
import { fieldName, type FieldName, type HeaderList, UNKNOWN_LENGTH } from "../../wire/wire.ts";
import type { BodySink } from "../request/body-sink.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import { joinedValues } from "../request/header-values.ts";
import type { ResponseDraft, ResponseHead } from "../request/hooks.ts";
import { chooseCoding } from "./compression/accept-encoding.ts";
import { CompressedBody } from "./compression/compressed-body.ts";
import type { CompressionPlaces } from "./compression/places.ts";
import type { FilterSite } from "./site.ts";

/** Answers in gzip or brotli, by nginx's rules with the directives that ingress-nginx writes. */
export function compileCompression(spec: CompressionFilter, { services }: FilterSite): Filter {
  return new Compression(spec, services.compressions);
}

/** As in nginx: others are short, or not to be touched. */
const STATUSES: ReadonlySet<number> = new Set([200, 403, 404]);

const VARY = fieldName("Vary");
const CONTENT_ENCODING = fieldName("Content-Encoding");
const ETAG = fieldName("ETag");

class Compression implements Filter {
  readonly #gzip: CodingRule | null;
  readonly #br: CodingRule | null;
  readonly #places: CompressionPlaces;

  constructor({ gzip, brotli }: CompressionFilter, places: CompressionPlaces) {
    this.#gzip = gzip === null ? null : new CodingRule(gzip);
    this.#br = brotli === null ? null : new CodingRule(brotli);
    this.#places = places;
  }

  /** Changes the head of what is compressed, and takes a place for it: an answer that never gets to `wrap` gives it back in `finished`. */
  editResponse(context: RequestContext, draft: ResponseDraft): void {
    this.#release(context);
    if (!mayBeCompressed(draft)) return;
    const isHead = context.request.method === "HEAD";
    const length = isHead ? lengthOfGet(draft) : draft.bodyLengthBytes;
    if (length === 0) return;
    const type = mediaType(draft.headers.get("content-type"));
    const gzip = this.#gzip !== null && this.#gzip.takes(type, length);
    const br = this.#br !== null && this.#br.takes(type, length);
    if (!gzip && !br) return;
    // Also where this client gets it as it is: another one does not.
    addVary(draft.headers);
    // Nobody knows what an HTTP/1.0 client makes of it; its answer would have no length either.
    if (context.request.httpVersion === "1.0") return;
    const coding = chooseCoding(joinedValues(context.request.headers, "accept-encoding", ","), { gzip, br });
    if (coding === null) return;
    // HEAD gets the head that GET would, as from nginx (RFC 9110 §9.3.2).
    if (!isHead) {
      if (!this.#places.take()) return;
      context.compression = { coding, flushes: flushes(type, length), body: null };
    }
    draft.bodyLengthBytes = UNKNOWN_LENGTH;
    weaken(draft.headers);
    draft.headers.push(CONTENT_ENCODING, coding);
  }

  wrap({ compression }: RequestContext, _head: ResponseHead, next: BodySink): BodySink {
    if (compression === null) return next;
    const { coding, flushes: isFlushed } = compression;
    const level = (coding === "br" ? this.#br : this.#gzip)?.level ?? 1;
    const body = new CompressedBody(next, { coding, level, flushes: isFlushed });
    compression.body = body;
    return body;
  }

  finished(context: RequestContext): void {
    this.#release(context);
  }

  #release(context: RequestContext): void {
    if (context.compression === null) return;
    context.compression.body?.stop();
    context.compression = null;
    this.#places.release();
  }
}

/** What one coding is for. */
class CodingRule {
  readonly level: number;
  readonly #minLengthBytes: number;
  /** Null: every type, and also none. */
  readonly #types: ReadonlySet<string> | null;

  constructor({ level, minLengthBytes, types }: CodingSpec) {
    this.level = level;
    this.#minLengthBytes = minLengthBytes;
    this.#types = types === "any" ? null : new Set(["text/html", ...types]);
  }

  takes(type: string, lengthBytes: number): boolean {
    if (lengthBytes !== UNKNOWN_LENGTH && lengthBytes < this.#minLengthBytes) return false;
    return this.#types === null || this.#types.has(type);
  }
}

function mayBeCompressed({ status, headers }: ResponseDraft): boolean {
  return STATUSES.has(status) && !headers.has("content-encoding") && !lists(headers, "cache-control", "no-transform");
}

/** An upstream's answer to HEAD says it in a field, and has no body of its own. */
function lengthOfGet({ headers, bodyLengthBytes, origin }: ResponseDraft): number {
  if (origin === "proxy") return bodyLengthBytes;
  const told = headers.get("content-length");
  return told === undefined ? UNKNOWN_LENGTH : Number(told);
}

/** Such an answer has no end that is known of, or is read while it grows. */
function flushes(type: string, lengthBytes: number): boolean {
  return lengthBytes === UNKNOWN_LENGTH || type === "text/event-stream";
}

/** In lower case, without parameters; empty where there is none. */
function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) return "";
  const semicolon = contentType.indexOf(";");
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

function addVary(headers: HeaderList): void {
  if (!lists(headers, "vary", "accept-encoding") && !lists(headers, "vary", "*")) headers.push(VARY, "Accept-Encoding");
}

/** Whether a field of that lower-case name has this item, in any case, in its comma-separated list. */
function lists(headers: HeaderList, name: string, item: string): boolean {
  const value = headers.get(name);
  if (value === undefined) return false;
  if (headers.count(name) === 1 && value.length < item.length) return false;
  return headers.getAll(name).some((each) => each.split(",").some((one) => one.trim().toLowerCase() === item));
}

/** The bytes are others, and how many nobody knows: ranges of them cannot be asked for, and a tag that stands for the very bytes no longer does (RFC 9110 §8.8.1). */
function weaken(headers: HeaderList): void {
  const tag = headers.get("etag");
  headers.retain(isOfAnyBytes);
  if (tag?.startsWith("W/") === true) headers.push(ETAG, tag);
  else if (tag?.startsWith('"') === true) headers.push(ETAG, `W/${tag}`);
}

function isOfAnyBytes({ lower }: FieldName): boolean {
  return lower !== "accept-ranges" && lower !== "etag" && lower !== "content-length";
}
