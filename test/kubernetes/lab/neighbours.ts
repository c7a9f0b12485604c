import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GoTool, goToolBinary, goToolPath } from "../../support/servers/go-tool.ts";

const MODULES = join(import.meta.dirname, "../neighbours");
/** Each is some hundred packages, built while everything else runs. */
const BUILD_LIMIT_MS = 20 * 60_000;
const CERT_MANAGER_VERSION = "1.21.2";
const CERT_MANAGER = "github.com/cert-manager/cert-manager";

/** Programs that stand beside Headgate in many clusters, each pinned by a Go module of ours. */
const NEIGHBOURS = {
  certManager: neighbour("cert-manager", "controller", CERT_MANAGER_VERSION),
  acmeSolver: neighbour("cert-manager", "acmesolver", CERT_MANAGER_VERSION),
  pebble: { ...neighbour("pebble", "", "2.10.3"), package: "github.com/letsencrypt/pebble/v2/cmd/pebble" },
  externalDns: neighbour("external-dns", "", "0.21.0"),
} as const satisfies Readonly<Record<string, GoTool>>;

export type NeighbourName = keyof typeof NEIGHBOURS;

const CUSTOM_RESOURCES = goToolPath({ name: "cert-manager-resources", version: CERT_MANAGER_VERSION });

/** Builds those that are not there yet, one after the other; each that cannot be built says so in a line, and its stories are skipped. */
export async function buildNeighbours(): Promise<void> {
  for (const tool of Object.values(NEIGHBOURS)) await goToolBinary(tool);
  if (!existsSync(CUSTOM_RESOURCES) && existsSync(neighbourPath("certManager"))) copyCustomResources();
}

/** Where the program is, or would be. */
export function neighbourPath(name: NeighbourName): string {
  return goToolPath(NEIGHBOURS[name]);
}

/** Whether all of them are built; says in a line which one is not. */
export function areBuilt(...names: readonly NeighbourName[]): boolean {
  const missing = names.filter((name) => !existsSync(neighbourPath(name)));
  if (missing.length === 0) return true;
  console.warn(`skipped: ${missing.join(", ")} not built here (npm run kubernetes -- build)`);
  return false;
}

/** The CustomResourceDefinitions of cert-manager's module, as one manifest. */
export function certManagerResources(): string {
  return readFileSync(CUSTOM_RESOURCES, "utf8");
}

function neighbour(module: string, program: string, version: string): GoTool {
  const folder = join(MODULES, module);
  const name = program === "" ? module : `${module}-${program}`;
  return { name, version, module: folder, package: `./${program}`, buildLimitMs: BUILD_LIMIT_MS };
}

function copyCustomResources(): void {
  const list = ["list", "-m", "-f", "{{.Dir}}", CERT_MANAGER];
  const root = execFileSync("go", list, { cwd: join(MODULES, "cert-manager"), encoding: "utf8" }).trim();
  const folder = join(root, "deploy/crds");
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  writeFileSync(CUSTOM_RESOURCES, names.map((name) => readFileSync(join(folder, name), "utf8")).join("\n---\n"));
}
