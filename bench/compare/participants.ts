import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { RIVALS, whyMissing } from "../rivals/rivals.ts";
import type { Rival } from "../rivals/setup.ts";
import { hasProgram } from "../support/processes.ts";

const BENCH = resolve(import.meta.dirname, "..");

/** Program → Debian package. Without these nothing can be measured. */
const TOOLS: Readonly<Record<string, string>> = {
  nginx: "nginx",
  wrk: "wrk",
  h2load: "nghttp2-client",
  curl: "curl",
  taskset: "util-linux",
};

/** Throws, with the command that helps, when a program is missing that every run needs. */
export function requireTools(more: readonly string[]): void {
  const missing = [...Object.keys(TOOLS), ...more].filter((name) => !hasProgram(name));
  if (missing.length === 0) return;
  const packages = missing.map((name) => TOOLS[name] ?? name);
  throw new Error(`missing: ${missing.join(", ")}; on Debian: apt-get install ${packages.join(" ")}`);
}

/** Who takes part, of those asked for; nginx always does. What is missing is told, with the way out, and left out. */
export function findParticipants(
  names: readonly string[],
  say: (line: string) => void,
): { readonly rivals: readonly Rival[]; readonly missing: readonly string[] } {
  const unknown = names.filter((name) => !RIVALS.some((rival) => rival.name === name));
  if (unknown.length > 0) {
    throw new Error(`no such rival: ${unknown.join(", ")}; there are ${RIVALS.map(({ name }) => name).join(", ")}`);
  }
  const asked = RIVALS.filter(({ name }, index) => index === 0 || names.length === 0 || names.includes(name));
  if (asked.some((rival) => rival.needs.kind === "package" && whyMissing(rival) !== null)) installPackages(say);
  const missing = asked.flatMap((rival) => {
    const reason = whyMissing(rival);
    return reason === null ? [] : [`${rival.name} was left out: ${reason}`];
  });
  for (const line of missing) say(line);
  return { rivals: asked.filter((rival) => whyMissing(rival) === null), missing };
}

/** The rivals from npm have a lock file of their own, so that `npm ci` of the project stays lean. */
function installPackages(say: (line: string) => void): void {
  say("Installing http-proxy and http-proxy-3 into bench/node_modules (npm ci --prefix bench) …");
  try {
    execFileSync("npm", ["ci", "--prefix", BENCH, "--no-audit", "--no-fund"], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    say(`npm could not install them: ${error instanceof Error ? error.message : String(error)}`);
  }
}
