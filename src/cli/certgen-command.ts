import { type Certgen, openCertgen, type WebhookSecret } from "../controller/controller.ts";
import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { openJsonLogger } from "../observability/observability.ts";
import { loadIssuer } from "../tls/tls.ts";
import type { CertgenAction, CertgenValues } from "./certgen/certgen-options.ts";
import type { CertgenInput } from "./certgen/read-certgen.ts";
import type { Environment } from "./console.ts";

const FAILED = 1;
/** A job that hangs is worse than one that fails: Kubernetes starts it again. */
const LIMIT_MS = 60_000;

type Action = (certgen: Certgen, values: CertgenValues) => Promise<Result<Done>>;

interface Done {
  readonly message: string;
  readonly warning: string | null;
}

const ACTIONS: Readonly<Record<CertgenAction, Action>> = { create: createSecret, patch: patchWebhook };

/** `headgate certgen create|patch`: the certificate of the admission webhook, as kube-webhook-certgen makes it. */
export async function runCertgen({ action, values }: CertgenInput, { stderr }: Environment): Promise<number> {
  const logger = openJsonLogger("info", stderr, systemClock);
  const kubeconfig = values["kubeconfig"] ?? "";
  const certgen = openCertgen({ kubeconfig: kubeconfig === "" ? null : kubeconfig, apiServerHost: null }, LIMIT_MS);
  try {
    const done = await ACTIONS[action](certgen, values);
    if (!done.ok) {
      logger.error({}, done.error);
      return FAILED;
    }
    if (done.value.warning !== null) logger.warn({}, done.value.warning);
    logger.info({}, done.value.message);
    return 0;
  } finally {
    await certgen.close();
  }
}

async function createSecret(certgen: Certgen, values: CertgenValues): Promise<Result<Done>> {
  const secret = secretOf(values);
  const hosts = (values["host"] ?? "").split(",");
  const { createServingCertificate } = await loadIssuer();
  const certificate = () => createServingCertificate(hosts, systemClock);
  const outcome = await certgen.ensureSecret(secret, { hosts, nowMs: systemClock.nowMs(), certificate });
  if (!outcome.ok) return outcome;
  const name = `Secret ${secret.namespace}/${secret.name}`;
  if (outcome.value.kind === "created")
    return ok({ message: `${name} created, for ${hosts.join(", ")}`, warning: null });
  const { warning } = outcome.value;
  return ok({ message: `${name} is there and stays as it is`, warning: warning && `${name}: ${warning}` });
}

async function patchWebhook(certgen: Certgen, values: CertgenValues): Promise<Result<Done>> {
  if (values["patch-validating"] === "false") return ok({ message: "nothing to patch", warning: null });
  const ca = await certgen.readCa(secretOf(values));
  if (!ca.ok) return err(ca.error);
  const name = values["webhook-name"] ?? "";
  const policy = values["patch-failure-policy"];
  const failurePolicy = policy === "Fail" || policy === "Ignore" ? policy : null;
  const patched = await certgen.patchWebhooks({ name, caPem: ca.value, failurePolicy });
  if (!patched.ok) return patched;
  return ok({ message: `ValidatingWebhookConfiguration ${name}: ${patched.value} webhooks patched`, warning: null });
}

function secretOf(values: CertgenValues): WebhookSecret {
  return {
    namespace: values["namespace"] ?? "",
    name: values["secret-name"] ?? "",
    type: values["secret-type"] ?? "",
    entries: { ca: values["ca-name"] ?? "", cert: values["cert-name"] ?? "", key: values["key-name"] ?? "" },
  };
}
