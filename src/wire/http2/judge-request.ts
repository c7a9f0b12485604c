import { HEAD_ERRORS } from "../http/refusals.ts";
import { CODE } from "./frames.ts";
import { isWellFormedRequest } from "./field-rules.ts";
import type { BlockVerdict } from "./hpack-decoder.ts";
import { parseRequestFields, type RefusedFields, type RequestFields } from "./request-fields.ts";

/** How a header block that opens a stream is handled. */
export type RequestVerdict =
  | { readonly kind: "request"; readonly fields: RequestFields }
  /** Answered with an error: the client said something that HTTP allows and we do not. */
  | { readonly kind: "refused"; readonly refused: RefusedFields }
  /** Reset without an answer: no request at all (RFC 9113 §8.1.1). */
  | { readonly kind: "reset"; readonly code: number };

export function judgeRequest(
  verdict: Exclude<BlockVerdict, "broken">,
  fields: readonly string[],
  endsStream: boolean,
  keepUnderscores: boolean,
): RequestVerdict {
  if (verdict === "too-large") return { kind: "refused", refused: tooLarge(fields) };
  if (verdict === "malformed" || !isWellFormedRequest(fields)) return { kind: "reset", code: CODE.protocolError };
  const parsed = parseRequestFields(fields, keepUnderscores);
  if (!parsed.ok) return { kind: "refused", refused: parsed.error };
  if (endsStream && parsed.value.contentLength > 0) return { kind: "reset", code: CODE.protocolError };
  return { kind: "request", fields: parsed.value };
}

/** The first fields were kept, and those of the request line come first. */
function tooLarge(fields: readonly string[]): RefusedFields {
  return {
    error: HEAD_ERRORS.headTooLarge,
    method: valueOf(":method", fields),
    target: valueOf(":path", fields),
    headers: null,
    bytes: 0,
  };
}

function valueOf(name: string, fields: readonly string[]): string {
  const at = fields.indexOf(name);
  return at % 2 === 0 ? (fields[at + 1] ?? "") : "";
}
