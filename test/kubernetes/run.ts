import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { extractBinary } from "../support/servers/kubectl-layer.ts";
import { LAB } from "./lab/addresses.ts";
import { missingForLab, openBinaries } from "./lab/binaries.ts";
import { buildNeighbours } from "./lab/neighbours.ts";

const USAGE = `usage: npm run kubernetes -- COMMAND

  up             start a real control plane in a network namespace of its own
  down           stop it, and forget everything in it
  kubectl ARG…   kubectl as its administrator
  helm ARG…      helm as its administrator
  exec ARG…      any program inside its network
  with ARG…      start one, run any program inside its network, stop it
  test ARG…      start one, run the stories (ARG… goes to vitest), stop it
  build          build what it is made of and its neighbours, and nothing else
`;

/** Network namespace and folder; another name gives another lab beside it. */
const NETWORK = process.env["HEADGATE_LAB_NAME"] ?? "headgate-lab";
const FOLDER = join(tmpdir(), NETWORK);
const PID = join(FOLDER, "lab.pid");
/** Exit code where this machine lacks something; anything else that goes wrong is a fault. */
const CANNOT = 3;
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 60_000;
const ROOT = join(import.meta.dirname, "../..");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const STORIES = [VITEST, "run", "--config", join(import.meta.dirname, "vitest.config.ts")];

const [command = "help", ...args] = process.argv.slice(2);
process.exitCode = await run();

async function run(): Promise<number> {
  const missing = command === "help" || command === "--help" ? null : missingForLab();
  if (missing !== null) {
    process.stderr.write(`skipped: a real control plane cannot run here: ${missing}\n`);
    return command === "test" ? 0 : CANNOT;
  }
  switch (command) {
    case "up":
      return await up();
    case "down":
      return await down();
    case "build":
      return await build();
    case "kubectl":
      return inside([await extractBinary("kubectl/kubectl"), ...args]);
    case "helm":
      return inside([await extractBinary("helm/helm"), ...args]);
    case "exec":
      return inside(args);
    case "with":
      return await around(() => inside(args));
    case "test":
      return await around(() => inside([process.execPath, ...STORIES, ...args]));
    default:
      process.stdout.write(USAGE);
      return command === "help" || command === "--help" ? 0 : 2;
  }
}

/** What Go has to say is above the last line. */
async function build(): Promise<number> {
  try {
    openBinaries();
    await buildNeighbours();
    return 0;
  } catch (error) {
    process.stderr.write(`what the stories run on could not be built: ${String(error)}\n`);
    return 1;
  }
}

async function up(): Promise<number> {
  if (isUp()) return 0;
  openBinaries();
  await forget();
  openNetwork();
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, "lab.log");
  const log = openSync(path, "a");
  const lab = ["netns", "exec", NETWORK, process.execPath, join(import.meta.dirname, "lab/lab.ts"), FOLDER];
  const child = spawn("ip", lab, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  child.unref();
  writeFileSync(PID, String(child.pid));
  const endMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < endMs && isUp()) {
    if (readFileSync(path, "utf8").includes("ready\n")) return 0;
    await sleep(200);
  }
  process.stderr.write(`it did not start; ${path} says:\n${readFileSync(path, "utf8")}`);
  await down();
  return 1;
}

async function down(): Promise<number> {
  const pid = labPid();
  if (pid !== null) {
    signal(pid, "SIGTERM");
    const endMs = Date.now() + STOP_LIMIT_MS;
    while (Date.now() < endMs && isUp()) await sleep(100);
    signal(-pid, "SIGKILL");
  }
  await forget();
  return 0;
}

/** What a lab before this one left behind. */
async function forget(): Promise<void> {
  if (spawnSync("ip", ["netns", "exec", NETWORK, "true"], { stdio: "ignore" }).status === 0) {
    for (const pid of execFileSync("ip", ["netns", "pids", NETWORK], { encoding: "utf8" })
      .split("\n")
      .filter(Boolean)) {
      signal(Number(pid), "SIGKILL");
    }
    spawnSync("ip", ["netns", "del", NETWORK], { stdio: "ignore" });
  }
  rmSync(FOLDER, { recursive: true, force: true, maxRetries: 5 });
}

/** Runs it with a lab, which is stopped again unless it was there before. */
async function around(run: () => number): Promise<number> {
  const wasUp = isUp();
  const started = await up();
  if (started !== 0) return started;
  try {
    return run();
  } finally {
    if (!wasUp) await down();
  }
}

function inside(programAndArgs: readonly string[]): number {
  const env = { ...process.env, KUBECONFIG: join(FOLDER, "pki/admin.kubeconfig"), HEADGATE_LAB: FOLDER };
  return (
    spawnSync("ip", ["netns", "exec", NETWORK, ...programAndArgs], { stdio: "inherit", env, cwd: ROOT }).status ?? 1
  );
}

function openNetwork(): void {
  const ip = (...words: readonly string[]): void =>
    void execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
  ip("netns", "add", NETWORK);
  ip("-n", NETWORK, "link", "set", "lo", "up");
  for (const range of [LAB.serverRange, LAB.serviceRange, LAB.balancerRange]) {
    ip("-n", NETWORK, "addr", "add", range.replace(".0.0/", ".0.1/"), "dev", "lo");
  }
}

function labPid(): number | null {
  return existsSync(PID) ? Number(readFileSync(PID, "utf8")) : null;
}

function isUp(): boolean {
  const pid = labPid();
  return pid !== null && signal(pid, 0);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
