import { execFile } from "node:child_process";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import type { ExecPlugin } from "./kubeconfig-user.ts";

/** What a plugin gave: a token, a client certificate with its key as PEM, or both. */
export interface ExecCredential {
  readonly token: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** Milliseconds since the epoch; infinite where it did not say. */
  readonly expiresAtMs: number;
}

/** A plugin that hangs must not hang the controller. */
const LIMIT_MS = 30_000;
const OUTPUT_LIMIT_BYTES = 1024 * 1024;

/**
 * Runs the plugin as kubectl does, without a terminal (https://kubernetes.io/docs/reference/access-authn-authz/authentication, "client-go
 * credential plugins"). `cluster` is told where the kubeconfig asks for it. Rejects with what the plugin wrote to its standard error.
 */
export async function runExecPlugin(plugin: ExecPlugin, cluster: object): Promise<ExecCredential> {
  const spec = { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) };
  const info = JSON.stringify({ kind: "ExecCredential", apiVersion: plugin.apiVersion, spec });
  const env = { ...process.env, ...namedValues(plugin), KUBERNETES_EXEC_INFO: info };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const limits = { env, timeout: LIMIT_MS, killSignal: "SIGKILL", maxBuffer: OUTPUT_LIMIT_BYTES } as const;
  const child = execFile(plugin.command, [...plugin.args], limits, (error, stdout, stderr) => {
    if (error === null) return resolve(stdout);
    const reason = stderr.trim().slice(0, 500) || error.message;
    reject(new Error(`the exec plugin ${plugin.command} failed: ${reason}`));
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end();
  return readCredential(plugin, await promise);
}

function namedValues({ env }: ExecPlugin): Readonly<Record<string, string>> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

function readCredential({ command, apiVersion }: ExecPlugin, output: string): ExecCredential {
  const wrong = (what: string): Error => new Error(`the exec plugin ${command} ${what}`);
  const document = parseJson(output);
  if (!isRecord(document) || document["kind"] !== "ExecCredential") throw wrong("did not print an ExecCredential");
  if (document["apiVersion"] !== apiVersion) throw wrong(`answered in another version than ${apiVersion}`);
  const status = isRecord(document["status"]) ? document["status"] : {};
  const text = (name: string): string | null => {
    const value = status[name];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const credential = { token: text("token"), certificate: text("clientCertificateData"), key: text("clientKeyData") };
  if ((credential.certificate === null) !== (credential.key === null)) {
    throw wrong("gave one of client certificate and key without the other");
  }
  if (credential.token === null && credential.certificate === null) throw wrong("gave neither token nor certificate");
  const expiry = text("expirationTimestamp");
  const expiresAtMs = expiry === null ? Number.POSITIVE_INFINITY : Date.parse(expiry);
  if (Number.isNaN(expiresAtMs)) throw wrong("gave an expirationTimestamp that is no time");
  return { ...credential, expiresAtMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
