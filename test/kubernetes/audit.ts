import { readFileSync } from "node:fs";
import { join } from "node:path";

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly user: { readonly username: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What no role allowed the ServiceAccounts of a namespace (a 403, other than those for a namespace that is being deleted) since this file of stories began: `verb path`, each once. */
export function refusedRequests(namespace: string): readonly string[] {
  const path = join(process.env["HEADGATE_LAB"] ?? "", "logs/audit.log");
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const began = new Date(performance.timeOrigin).toISOString();
  const refused = lines.flatMap((line) => {
    const { verb, requestURI, requestReceivedTimestamp, user, annotations = {} } = JSON.parse(line) as AuditEvent;
    const ours = requestReceivedTimestamp > began && user.username.startsWith(`system:serviceaccount:${namespace}:`);
    return ours && annotations["authorization.k8s.io/decision"] === "forbid"
      ? [`${verb} ${requestURI.split("?", 1)[0]}`]
      : [];
  });
  return [...new Set(refused)];
}
