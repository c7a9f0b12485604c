import { randomUUID } from "node:crypto";
import { request } from "node:https";
import type { FakeApiServer } from "./fake-api-server.ts";
import type { FakeObject } from "./object-log.ts";
import { type ApiPath, apiVersionOf, resourceOfKind } from "./resources.ts";
import type { PreparedWrite } from "./writes.ts";

/** What the validating webhooks said about one write. */
export interface Verdict {
  readonly refusal: { readonly code: number; readonly message: string } | null;
  readonly warnings: readonly string[];
}

/** The parts of a webhook in a ValidatingWebhookConfiguration that are used here. */
interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly caBundle?: string;
    readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string };
  };
  readonly failurePolicy?: string;
  readonly timeoutSeconds?: number;
  readonly rules?: readonly WebhookRule[];
}

interface WebhookRule {
  readonly apiGroups: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
}

/** Asks every validating webhook that a stored configuration sends this write to, over TLS by its caBundle. */
export async function reviewWrite(server: FakeApiServer, path: ApiPath, write: PreparedWrite): Promise<Verdict> {
  const operation = write.kind.toUpperCase();
  const warnings: string[] = [];
  for (const webhook of webhooksOf(server)) {
    if (path.subresource !== "" || !(webhook.rules ?? []).some((rule) => wants(rule, path, operation))) continue;
    try {
      const answer = await ask(server, webhook, reviewOf(path, write, operation));
      warnings.push(...(answer.warnings ?? []));
      if (answer.allowed) continue;
      const message = `admission webhook "${webhook.name}" denied the request: ${answer.status?.message ?? "without explanation"}`;
      return { refusal: { code: answer.status?.code ?? 400, message }, warnings };
    } catch (error) {
      if (webhook.failurePolicy === "Ignore") continue;
      return {
        refusal: { code: 500, message: `failed calling webhook "${webhook.name}": ${String(error)}` },
        warnings,
      };
    }
  }
  return { refusal: null, warnings };
}

function webhooksOf(server: FakeApiServer): readonly Webhook[] {
  const configurations = server.log.list(resourceOfKind("ValidatingWebhookConfiguration"), "");
  return configurations.flatMap((configuration) => (configuration["webhooks"] ?? []) as readonly Webhook[]);
}

function wants(rule: WebhookRule, { resource }: ApiPath, operation: string): boolean {
  return (
    rule.apiGroups.includes(resource.group) &&
    rule.resources.includes(resource.plural) &&
    rule.operations.includes(operation)
  );
}

/** An AdmissionReview as the API server sends it. */
function reviewOf(path: ApiPath, write: PreparedWrite, operation: string): Readonly<Record<string, unknown>> {
  const { group, kind, plural } = path.resource;
  const name = write.after?.metadata.name ?? path.name;
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: randomUUID(),
      kind: { group, version: "v1", kind },
      resource: { group, version: "v1", resource: plural },
      name,
      namespace: path.namespace,
      operation,
      userInfo: { username: "kubernetes-admin" },
      object: withType(write.after, path),
      oldObject: withType(write.before, path),
      dryRun: write.dryRun ?? false,
    },
  };
}

function withType(object: FakeObject | null, path: ApiPath): FakeObject | null {
  return object && { ...object, kind: path.resource.kind, apiVersion: apiVersionOf(path.resource) };
}

interface Answer {
  readonly allowed: boolean;
  readonly warnings?: readonly string[];
  readonly status?: { readonly message?: string; readonly code?: number };
}

const DEFAULT_SECONDS = 10;

async function ask(server: FakeApiServer, webhook: Webhook, review: unknown): Promise<Answer> {
  const { url, caBundle = "", service } = webhook.clientConfig;
  const address = url ?? server.webhookAddresses.get(`${service?.namespace}/${service?.name}`);
  if (address === undefined) throw new Error("no address is known for the webhook's Service");
  const text = await post(new URL(service?.path ?? "", address), JSON.stringify(review), {
    ca: Buffer.from(caBundle, "base64").toString(),
    // The API server asks for the Service's name and checks the certificate by it.
    ...(service && { servername: `${service.name}.${service.namespace}.svc` }),
    timeout: (webhook.timeoutSeconds ?? DEFAULT_SECONDS) * 1000,
  });
  return (JSON.parse(text) as { readonly response: Answer }).response;
}

interface CallOptions {
  readonly ca: string;
  readonly servername?: string;
  readonly timeout: number;
}

function post(url: URL, body: string, options: CallOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, method: "POST", agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error("context deadline exceeded")));
    call.on("error", reject);
    call.end(body === "" ? undefined : Buffer.from(body));
  });
}
