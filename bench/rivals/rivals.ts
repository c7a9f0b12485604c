import { hasProgram } from "../support/processes.ts";
import { startCaddy } from "./caddy.ts";
import { startHaproxy } from "./haproxy.ts";
import { startHeadgate } from "./headgate.ts";
import { startNginx } from "./nginx.ts";
import { hasNodeProxies, startNodeProxy } from "./node-proxies.ts";
import type { ProfileName, Rival } from "./setup.ts";

const ALL_PROFILES: ReadonlySet<ProfileName> = new Set(["plain", "features", "hosts", "log"]);
const PLAIN_ONLY: ReadonlySet<ProfileName> = new Set(["plain"]);
const NOTHING = { kind: "nothing" } as const;
const PACKAGE = { kind: "package" } as const;

/** Everything that is measured. The first is what all the others are compared to. */
export const RIVALS: readonly Rival[] = [
  { name: "nginx", needs: program("nginx"), profiles: ALL_PROFILES, http2: "yes", start: startNginx },
  { name: "headgate", needs: NOTHING, profiles: ALL_PROFILES, http2: "yes", start: startHeadgate },
  { name: "haproxy", needs: program("haproxy"), profiles: ALL_PROFILES, http2: "yes", start: startHaproxy },
  { name: "caddy", needs: program("caddy"), profiles: PLAIN_ONLY, http2: "yes", start: startCaddy },
  { name: "http-proxy", needs: PACKAGE, profiles: PLAIN_ONLY, http2: "no", start: startNodeProxy("http-proxy") },
  { name: "http-proxy-3", needs: PACKAGE, profiles: PLAIN_ONLY, http2: "no", start: startNodeProxy("http-proxy-3") },
];

/** Why a rival cannot take part, with the way out; null when it can. */
export function whyMissing({ needs }: Rival): string | null {
  switch (needs.kind) {
    case "program":
      return hasProgram(needs.name) ? null : `not installed (apt-get install ${needs.name})`;
    case "package":
      return hasNodeProxies() ? null : "not installed (npm ci --prefix bench)";
    case "nothing":
      return null;
    default:
      return needs satisfies never;
  }
}

function program(name: string): Rival["needs"] {
  return { kind: "program", name };
}
