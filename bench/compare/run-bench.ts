import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadOptions } from "../load/run-load.ts";
import { scenarioCells } from "./page.ts";
import { textTable } from "../support/markdown.ts";
import { summarize } from "./summary.ts";
import { SCENARIOS } from "../scenarios/scenarios.ts";
import type { Group, Scenario } from "../scenarios/scenario.ts";
import { createDevCa } from "../../src/tls/self-signed.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { type Backend, startBackend } from "../support/backend.ts";
import { CORES } from "../support/cores.ts";
import { estimateSeconds } from "./estimate.ts";
import { Instances, type ProxyContext } from "./instances.ts";
import { maximumRate } from "./maximum-rate.ts";
import { measureMemory, type MemoryResult } from "./memory.ts";
import type { BenchOptions } from "./options.ts";
import { findParticipants, requireTools } from "./participants.ts";
import { writeResults } from "./results.ts";
import { openSeries, runGroup, type Series } from "./run-group.ts";
import { countSyscalls } from "./syscalls.ts";

/** One run: everything started, measured, written and stopped. */
interface Run {
  readonly options: BenchOptions;
  readonly surroundings: ProxyContext;
  readonly series: readonly Series[];
  readonly memory: MemoryResult[];
  readonly missing: readonly string[];
  readonly warnings: string[];
}

/** Measures what the options ask for. Results are written after every round, so that a run that is broken off has not been in vain. */
export async function runBench(options: BenchOptions): Promise<void> {
  requireTools(options.mode === "syscalls" ? ["strace"] : []);
  const { rivals, missing } = findParticipants(options.rivals, say);
  const series = openSeries(chosenScenarios(options.only), rivals);
  // Our own work must not disturb the proxies either.
  execFileSync("taskset", ["-apc", String(CORES.load), String(process.pid)], { stdio: "ignore" });
  const directory = mkdtempSync(join(tmpdir(), "headgate-bench-"));
  const backend = await startBackend(directory, CORES.load);
  try {
    const run: Run = {
      options,
      surroundings: surround(directory, backend, options),
      series,
      memory: [],
      missing,
      warnings: [],
    };
    if (options.mode === "syscalls") return await countSyscalls(series, { ...run, seconds: options.seconds, say });
    const memoryRivals = options.memory === "measure" ? rivals : [];
    const { rounds, seconds } = options;
    const minutes = estimateSeconds(series, { rounds, seconds, memoryRivals: memoryRivals.length }) / 60;
    say(`About ${Math.ceil(minutes)} minutes. Results go to ${options.outputFolder}.`);
    for (const [group, members] of Map.groupBy(series, ({ scenario }) => scenario.group))
      await runOne(group, members, run);
    for (const rival of memoryRivals) {
      run.memory.push(await measureMemory(rival, run.surroundings, (line) => warn(run, line)));
      write(run);
    }
  } finally {
    await backend.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function chosenScenarios(only: readonly string[]): readonly Scenario[] {
  if (only.length === 0) return SCENARIOS;
  const asked = SCENARIOS.filter(({ id, title }) => only.some((part) => id.includes(part) || title.includes(part)));
  const bases = new Set(asked.map(({ against }) => against));
  return SCENARIOS.filter((scenario) => asked.includes(scenario) || bases.has(scenario.id));
}

function surround(directory: string, backend: Backend, { nodeOptions }: BenchOptions): ProxyContext {
  const pair = createDevCa(systemClock).issue("localhost");
  const [certFile, keyFile] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  writeFileSync(certFile, pair.certPem);
  writeFileSync(keyFile, revealSecret(pair.keyPem), { mode: 0o600 });
  const { port: backendPort, otherPort: otherBackendPort } = backend;
  return { directory, proxyCore: CORES.proxy, backendPort, otherBackendPort, certFile, keyFile, nodeOptions };
}

async function runOne(group: Group, series: readonly Series[], run: Run): Promise<void> {
  const { options, surroundings } = run;
  await using instances = new Instances(surroundings);
  const loadOptions: LoadOptions = {
    core: CORES.load,
    seconds: options.seconds,
    requestsPerSecond: 0,
    scratch: surroundings.directory,
  };
  const maximum = group === "latency" ? await maximumRate(instances, loadOptions, (line) => warn(run, line)) : 0;
  say(`\n${group}: ${new Set(series.map(({ scenario }) => scenario.id)).size} scenarios`);
  await runGroup(series, {
    instances,
    rounds: options.rounds,
    loadOptions: { ...loadOptions, requestsPerSecond: maximum / 2 },
    onRound: (round) => {
      process.stdout.write(round === 0 ? "warm" : ` ${round}`);
      write(run);
    },
    say: (line) => warn(run, line),
  });
  say("");
  for (const summary of summarize(series.map(measuredOf), []).scenarios) {
    say(`\n${summary.scenario.title}\n${textTable(scenarioCells(summary))}`);
  }
}

function write({ options, series, memory, missing, warnings }: Run): void {
  mkdirSync(options.outputFolder, { recursive: true });
  const measured = series.filter(({ samples }) => samples.length > 0).map(measuredOf);
  writeResults({ summary: summarize(measured, memory), measured, options, missing, warnings });
}

function measuredOf({ scenario, rival, samples, failure }: Series): Parameters<typeof summarize>[0][number] {
  return { scenario, rival: rival.name, samples, failure };
}

function warn({ warnings }: Run, line: string): void {
  say(line);
  const short = line.split("\n")[0] ?? "";
  if (!warnings.includes(short)) warnings.push(short);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
