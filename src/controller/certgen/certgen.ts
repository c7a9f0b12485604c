import type { Result } from "../../lib/result.ts";
import { ApiClient } from "../api-source/api-client.ts";
import { type CredentialOptions, openCredentials } from "../api-source/credentials.ts";
import { patchWebhooks, type WebhookPatch } from "./webhook-patch.ts";
import {
  ensureWebhookSecret,
  readWebhookCa,
  type NewSecret,
  type SecretOutcome,
  type WebhookSecret,
} from "./webhook-secret.ts";

/** The certificate of an admission webhook, in the cluster. Nothing here rejects. */
export interface Certgen {
  /** Creates the Secret unless it is there. */
  ensureSecret(secret: WebhookSecret, make: NewSecret): Promise<Result<SecretOutcome>>;
  /** The authority's certificate out of the Secret, as PEM. */
  readCa(secret: WebhookSecret): Promise<Result<string>>;
  /** Makes the API server trust that authority; resolves with the number of webhooks. */
  patchWebhooks(patch: WebhookPatch): Promise<Result<number>>;
  close(): Promise<void>;
}

const REQUEST_MS = 20_000;

/** `limitMs` is for everything that is asked of it. */
export function openCertgen(credentials: CredentialOptions, limitMs: number): Certgen {
  const client = new ApiClient(openCredentials(credentials), { requestMs: REQUEST_MS, watchIdleMs: 0 });
  const signal = AbortSignal.timeout(limitMs);
  return {
    ensureSecret: (secret, make) => ensureWebhookSecret(client, secret, make, signal),
    readCa: (secret) => readWebhookCa(client, secret, signal),
    patchWebhooks: (patch) => patchWebhooks(client, patch, signal),
    close: () => client.close(),
  };
}
