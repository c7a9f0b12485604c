import { reasonPhrase } from "./reason-phrases.ts";

/** What `Allow` names: the registered methods that are not refused on the wire. */
export const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** What is wrong with a message head or body: the status a client gets for it, and a stable code. */
export interface HeadError {
  readonly status: 400 | 405 | 408 | 414 | 417 | 431 | 500 | 501 | 505;
  readonly code: string;
}

function bad(code: string): HeadError {
  return { status: 400, code };
}

/** Every way in which a message can be refused on the wire. */
export const HEAD_ERRORS = {
  badRequestLine: bad("bad-request-line"),
  badLineEnd: bad("bad-line-end"),
  tooManyBlankLines: bad("too-many-blank-lines"),
  badTarget: bad("bad-target"),
  badStatusLine: bad("bad-status-line"),
  badFieldName: bad("bad-field-name"),
  badFieldValue: bad("bad-field-value"),
  badContentLength: bad("bad-content-length"),
  repeatedContentLength: bad("repeated-content-length"),
  badTransferEncoding: bad("bad-transfer-encoding"),
  repeatedTransferEncoding: bad("repeated-transfer-encoding"),
  lengthAndTransferEncoding: bad("content-length-with-transfer-encoding"),
  transferEncodingInHttp10: bad("transfer-encoding-in-http-1.0"),
  missingHost: bad("missing-host"),
  repeatedHost: bad("repeated-host"),
  badHost: bad("bad-host"),
  hostMismatch: bad("host-differs-from-target"),
  truncatedHead: bad("truncated-head"),
  badChunkSize: bad("bad-chunk-size"),
  badChunkExtension: bad("bad-chunk-extension"),
  badChunkEnd: bad("bad-chunk-end"),
  tooMuchChunkOverhead: bad("too-much-chunk-overhead"),
  badTrailer: bad("bad-trailer"),
  methodNotAllowed: { status: 405, code: "method-not-allowed" },
  headTimeout: { status: 408, code: "head-timeout" },
  bodyTimeout: { status: 408, code: "body-timeout" },
  targetTooLong: { status: 414, code: "target-too-long" },
  badExpectation: { status: 417, code: "bad-expectation" },
  headTooLarge: { status: 431, code: "head-too-large" },
  trailersTooLarge: { status: 431, code: "trailers-too-large" },
  badResponseHead: { status: 500, code: "bad-response-head" },
  unknownTransferCoding: { status: 501, code: "unknown-transfer-coding" },
  badVersion: { status: 505, code: "bad-version" },
} as const satisfies Record<string, HeadError>;

/** The body of the answer to a message that was refused: its status and code, as ASCII text. */
export function refusalText({ status, code }: HeadError): string {
  return `${status} ${reasonPhrase(status)}\n${code}\n`;
}
