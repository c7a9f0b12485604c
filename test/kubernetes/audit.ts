import { readFileSync } from "node:fs";
import { join } from "node:path";

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly responseStatus?: { readonly code?: number };
}

/** What the ServiceAccounts of a namespace were refused (403) since the lab began: `verb path`, each once. */
export function refusedRequests(namespace: string): readonly string[] {
  const path = join(process.env["HEADGATE_LAB"] ?? "", "logs/audit.log");
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const refused = lines.flatMap((line) => {
    const { verb, requestURI, user, responseStatus } = JSON.parse(line) as AuditEvent;
    const ours = user.username.startsWith(`system:serviceaccount:${namespace}:`);
    return ours && responseStatus?.code === 403 ? [`${verb} ${requestURI.split("?", 1)[0]}`] : [];
  });
  return [...new Set(refused)];
}
