import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { createDevCa } from "../src/tls/tls.ts";
import { systemClock } from "../src/lib/clock.ts";
import { revealSecret } from "../src/lib/secret.ts";
import { cpuMicros } from "./support/cpu.ts";
import { findProgram, freePort, type Running, startPinned } from "./support/processes.ts";
import { availableRivals, type Rival, type Setup } from "./support/rivals.ts";
import { type Scenario, SCENARIOS } from "./support/scenarios.ts";

const execute = promisify(execFile);
const PROXY_CORE = 0;
const LOAD_CORE = 1;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "4" },
    only: { type: "string", default: "" },
    rivals: { type: "string", default: "" },
  },
});

interface Sample {
  readonly requests: number;
  readonly cpuMicros: number;
}

await main();

async function main(): Promise<void> {
  for (const program of ["nginx", "wrk", "h2load", "taskset"]) {
    if (findProgram(program) === null)
      throw new Error(`${program} is needed; on Debian: apt-get install nginx wrk nghttp2-client util-linux`);
  }
  const directory = mkdtempSync(join(tmpdir(), "headgate-bench-"));
  try {
    await measure(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string): Promise<void> {
  const backend = await startBackend(directory);
  const chosen = values.rivals === "" ? null : values.rivals.split(",");
  const rivals = availableRivals(say).filter((rival) => chosen === null || chosen.includes(rival.name));
  const started: { rival: Rival; setup: Setup; running: Running }[] = [];
  try {
    for (const rival of rivals) {
      const setup = await prepare(directory, rival, backend.port);
      started.push({ rival, setup, running: await rival.start(setup) });
    }
    for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.only))) {
      const samples = new Map<string, Sample[]>();
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const { rival, setup, running } of started) {
          if (round === 0) await checkAnswer(scenario, setup, rival.name);
          const sample = await load(scenario, setup, running.pid);
          samples.set(rival.name, [...(samples.get(rival.name) ?? []), sample]);
        }
      }
      report(scenario, samples);
    }
  } finally {
    await Promise.all(started.map(({ running }) => running.stop()));
    await backend.running.stop();
  }
}

async function startBackend(directory: string): Promise<{ port: number; running: Running }> {
  const port = await freePort();
  const home = join(directory, "backend");
  mkdirSync(home);
  writeFileSync(join(home, "10k"), "x".repeat(10_240));
  writeFileSync(join(home, "1m"), "x".repeat(1_048_576));
  const file = join(home, "nginx.conf");
  writeFileSync(
    file,
    `worker_processes 1; daemon off; master_process off; pid ${home}/nginx.pid; error_log stderr crit;
events { worker_connections 16384; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path ${home}/body; client_max_body_size 10m;
  server { listen 127.0.0.1:${port}; root ${home}; location = /small { return 200 "${"x".repeat(100)}"; } } }
`,
  );
  return { port, running: await startPinned(LOAD_CORE, ["nginx", "-p", home, "-c", file], port) };
}

async function prepare(directory: string, rival: Rival, backendPort: number): Promise<Setup> {
  const own = join(directory, rival.name);
  mkdirSync(own);
  const pair = createDevCa(systemClock).issue("localhost");
  const [certFile, keyFile] = [join(own, "cert.pem"), join(own, "key.pem")];
  writeFileSync(certFile, pair.certPem);
  writeFileSync(keyFile, revealSecret(pair.keyPem));
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  return { directory: own, core: PROXY_CORE, httpPort, httpsPort, backendPort, certFile, keyFile };
}

/** A rival that does not answer correctly is not measured. */
async function checkAnswer(scenario: Scenario, setup: Setup, name: string): Promise<void> {
  const url = `${address(scenario, setup)}${scenario.path}`;
  const { stdout } = await execute("curl", [
    "-sk",
    "--http1.1",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code} %{size_download}",
    "--resolve",
    resolveArg(scenario, setup),
    url,
  ]);
  const size = { "/small": 100, "/10k": 10_240, "/1m": 1_048_576 }[scenario.path];
  if (stdout !== `200 ${size}`) throw new Error(`${name} answers ${stdout} to ${url}, expected 200 ${size}`);
}

function address(scenario: Scenario, setup: Setup): string {
  return scenario.tls ? `https://localhost:${setup.httpsPort}` : `http://localhost:${setup.httpPort}`;
}

function resolveArg(scenario: Scenario, setup: Setup): string {
  return `localhost:${scenario.tls ? setup.httpsPort : setup.httpPort}:127.0.0.1`;
}

async function load(scenario: Scenario, setup: Setup, pid: number): Promise<Sample> {
  const port = scenario.tls ? setup.httpsPort : setup.httpPort;
  const url = `${scenario.tls ? "https" : "http"}://localhost:${port}${scenario.path}`;
  const host = `localhost:${port}`;
  const common = ["-c", String(LOAD_CORE)];
  const command =
    scenario.tool === "wrk"
      ? [
          "wrk",
          "-t1",
          `-c${scenario.connections}`,
          `-d${values.seconds}s`,
          "-H",
          `Host: ${host}`,
          ...scenario.extra,
          url,
        ]
      : [
          "h2load",
          "-t1",
          `-c${scenario.connections}`,
          "-D",
          values.seconds,
          "-H",
          `:authority: ${host}`,
          ...scenario.extra,
          url,
        ];
  const before = cpuMicros(pid);
  const { stdout } = await execute("taskset", [...common, ...command], { maxBuffer: 1 << 22 });
  const used = cpuMicros(pid) - before;
  return { requests: countRequests(stdout), cpuMicros: used };
}

function countRequests(output: string): number {
  const wrk = /(\d+) requests in/.exec(output)?.[1];
  const h2 = /(\d+) succeeded/.exec(output)?.[1];
  if (/Non-2xx/.test(output)) throw new Error(`the load met errors:\n${output}`);
  return Number(wrk ?? h2 ?? 0);
}

function report(scenario: Scenario, samples: ReadonlyMap<string, readonly Sample[]>): void {
  say(`\n${scenario.name}`);
  const base = samples.get("nginx") ?? [];
  for (const [name, all] of samples) {
    const cost = median(all.map(perRequest));
    const ratio = median(all.map((sample, round) => perRequest(sample) / perRequest(base[round] ?? sample)));
    say(`  ${name.padEnd(12)} ${cost.toFixed(1).padStart(8)} µs CPU a request   ${ratio.toFixed(2)} × nginx`);
  }
}

function perRequest(sample: Sample): number {
  return sample.cpuMicros / Math.max(1, sample.requests);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
