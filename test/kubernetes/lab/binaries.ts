import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const KUBERNETES_VERSION = "1.36.3";

export interface Binaries {
  readonly apiserver: string;
  readonly manager: string;
  readonly etcd: string;
}

const MODULE = join(import.meta.dirname, "../go");
const BUILD_LIMIT_MS = 30 * 60_000;
const LEAST_GO_MINOR = 26;
const VERSION_PACKAGE = "k8s.io/component-base/version";
/** Without them the server says that it is v0.0.0, and charts refuse it. */
const LINKER_FLAGS = [
  "-s -w",
  `-X ${VERSION_PACKAGE}.gitVersion=v${KUBERNETES_VERSION}`,
  `-X ${VERSION_PACKAGE}.gitMajor=1`,
  `-X ${VERSION_PACKAGE}.gitMinor=${KUBERNETES_VERSION.split(".")[1]}`,
].join(" ");

/** Why the lab cannot run here, in one sentence; null where it can. */
export function missingForLab(): string | null {
  if (process.getuid?.() !== 0) return "it needs root, for network namespaces";
  if (!succeeds("ip", ["netns", "list"])) return "it needs iproute2 (apt-get install iproute2)";
  if (!succeeds("unshare", ["--pid", "--fork", "--mount-proc", "true"])) return "it may not open process namespaces";
  if (!succeeds("etcd", ["--version"])) return "it needs etcd (apt-get install etcd-server)";
  if (!succeeds("openssl", ["version"])) return "it needs openssl";
  if (!isBuilt() && goMinor() < LEAST_GO_MINOR) return "it needs Go 1.26 or newer, to build Kubernetes";
  return null;
}

/** Builds what is not there yet: some 12 minutes on two cores the first time, seconds from Go's cache. Outside of the repository, by version. */
export function openBinaries(): Binaries {
  mkdirSync(cacheFolder(), { recursive: true });
  return {
    apiserver: built("kube-apiserver", "./apiserver"),
    manager: built("kube-controller-manager", "./controller-manager"),
    etcd: "etcd",
  };
}

function isBuilt(): boolean {
  return ["kube-apiserver", "kube-controller-manager"].every((name) => existsSync(pathOf(name)));
}

function built(name: string, main: string): string {
  const path = pathOf(name);
  if (existsSync(path)) return path;
  const draft = `${path}.${process.pid}`;
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly" };
  try {
    execFileSync("go", ["build", "-trimpath", "-ldflags", LINKER_FLAGS, "-o", draft, main], {
      cwd: MODULE,
      env,
      stdio: ["ignore", "inherit", "inherit"],
      timeout: BUILD_LIMIT_MS,
    });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return path;
}

function pathOf(name: string): string {
  return join(cacheFolder(), `${name}-${KUBERNETES_VERSION}`);
}

function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "headgate");
}

/** Of the Go on the path, which must not fetch another one; 0 where there is none. */
function goMinor(): number {
  const { stdout } = spawnSync("go", ["env", "GOVERSION"], {
    encoding: "utf8",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  return Number(/^go1\.(\d+)/.exec(stdout ?? "")?.[1] ?? 0);
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
