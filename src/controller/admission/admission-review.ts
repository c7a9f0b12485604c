import { isRecord } from "../../kubernetes/parse-fields.ts";
import { err, ok, type Result } from "../../lib/result.ts";

/** The part of an admission.k8s.io/v1 request that counts here. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: string;
  /** `networking.k8s.io/v1 Ingress`. */
  readonly kind: string;
  readonly namespace: string;
  /** As it would be stored; null for a deletion. */
  readonly object: Readonly<Record<string, unknown>> | null;
}

export interface AdmissionVerdict {
  /** Null: it may come. */
  readonly denial: string | null;
  readonly warnings: readonly string[];
}

/** What is not a review of version v1. Never throws. */
export function parseAdmissionReview(text: string): Result<AdmissionRequest> {
  const json = parseJson(text);
  const request = isRecord(json) && json["kind"] === "AdmissionReview" ? json["request"] : null;
  if (!isRecord(json) || !isRecord(request)) return err("expected an AdmissionReview with a request");
  if (json["apiVersion"] !== "admission.k8s.io/v1") return err("expected apiVersion admission.k8s.io/v1");
  const { uid, operation, kind, namespace, object } = request;
  if (typeof uid !== "string" || typeof operation !== "string" || !isRecord(kind)) {
    return err("expected a request with uid, operation and kind");
  }
  return ok({
    uid,
    operation,
    kind: `${textOf(kind["group"])}/${textOf(kind["version"])} ${textOf(kind["kind"])}`,
    namespace: textOf(namespace),
    object: isRecord(object) ? object : null,
  });
}

/** Longer warnings are cut by the API server, and all together may have 4096 characters. */
const WARNING_LIMIT = 256;
const MAX_WARNINGS = 16;
const DENIAL_LIMIT = 8192;

/** The answer, as text. 400 is the code that ingress-nginx's denials have. */
export function formatAdmissionReview(uid: string, { denial, warnings }: AdmissionVerdict): string {
  const shown = warnings.slice(0, MAX_WARNINGS).map((warning) => cut(warning, WARNING_LIMIT));
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    response: {
      uid,
      allowed: denial === null,
      ...(denial === null ? {} : { status: { code: 400, reason: "BadRequest", message: cut(denial, DENIAL_LIMIT) } }),
      ...(shown.length === 0 ? {} : { warnings: shown }),
    },
  });
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
