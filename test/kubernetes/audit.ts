import { readFileSync } from "node:fs";
import { join } from "node:path";

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly user: { readonly username: string };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What no role allowed the ServiceAccounts of a namespace (a 403, other than those for a namespace that is being deleted) since this file of stories began: `verb path`, each once. */
export function refusedRequests(namespace: string): readonly string[] {
  const found = requests(namespace, ({ annotations }) => annotations?.["authorization.k8s.io/decision"] === "forbid");
  return [...new Set(found)];
}

/** What was answered with this status to the ServiceAccounts of a namespace since this file of stories began: `verb path`, in their order. */
export function requestsAnswered(namespace: string, status: number): readonly string[] {
  return requests(namespace, ({ responseStatus }) => responseStatus?.code === status);
}

function requests(namespace: string, isMeant: (event: AuditEvent) => boolean): readonly string[] {
  const path = join(process.env["HEADGATE_LAB"] ?? "", "logs/audit.log");
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const began = new Date(performance.timeOrigin).toISOString();
  return lines.flatMap((line) => {
    const event = JSON.parse(line) as AuditEvent;
    const { verb, requestURI, requestReceivedTimestamp, user } = event;
    const ours = requestReceivedTimestamp > began && user.username.startsWith(`system:serviceaccount:${namespace}:`);
    return ours && isMeant(event) ? [`${verb} ${requestURI.split("?", 1)[0]}`] : [];
  });
}
