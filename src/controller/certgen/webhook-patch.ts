import { isRecord } from "../../kubernetes/parse-fields.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type ApiClient, type ApiFailure, formatFailure } from "../api-source/api-client.ts";

type FailurePolicy = "Fail" | "Ignore";

export interface WebhookPatch {
  /** Of the ValidatingWebhookConfiguration. */
  readonly name: string;
  readonly caPem: string;
  /** Null: stays as it is. */
  readonly failurePolicy: FailurePolicy | null;
}

/** Somebody else may write the object between our reading and writing it. */
const ATTEMPTS = 5;

/**
 * Makes the API server trust the webhook: writes the authority into every webhook of the configuration, and the failure policy, which
 * charts leave at `Ignore` until the certificate is there. Needs `get` and `update` on this one object. Never rejects. Resolves with
 * the number of webhooks.
 */
export async function patchWebhooks(
  client: ApiClient,
  patch: WebhookPatch,
  signal: AbortSignal,
): Promise<Result<number>> {
  const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${encodeURIComponent(patch.name)}`;
  for (let attempt = 1; ; attempt++) {
    const found = await client.getJson(path, signal);
    if (!found.ok) return failed("read", patch, found.error);
    const webhooks = isRecord(found.value) && Array.isArray(found.value["webhooks"]) ? found.value["webhooks"] : [];
    if (webhooks.length === 0) return err(`ValidatingWebhookConfiguration ${patch.name} has no webhooks`);
    const body = { ...(found.value as object), webhooks: webhooks.map((webhook) => patched(webhook, patch)) };
    const written = await client.write({ verb: "update", path, body }, signal);
    if (written.ok) return ok(webhooks.length);
    if (!isConflict(written.error) || attempt === ATTEMPTS) return failed("update", patch, written.error);
  }
}

function patched(webhook: unknown, { caPem, failurePolicy }: WebhookPatch): unknown {
  if (!isRecord(webhook)) return webhook;
  const clientConfig = isRecord(webhook["clientConfig"]) ? webhook["clientConfig"] : {};
  return {
    ...webhook,
    clientConfig: { ...clientConfig, caBundle: Buffer.from(caPem, "utf8").toString("base64") },
    ...(failurePolicy === null ? {} : { failurePolicy }),
  };
}

function isConflict(failure: ApiFailure): boolean {
  return failure.kind === "status" && failure.status === 409;
}

function failed(verb: string, { name }: WebhookPatch, failure: ApiFailure): Result<never> {
  return err(`cannot ${verb} ValidatingWebhookConfiguration ${name}: ${formatFailure(failure)}`);
}
