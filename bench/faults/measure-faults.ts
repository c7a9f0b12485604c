import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { resolve } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { createDevCa } from "../../src/tls/self-signed.ts";
import { Cluster } from "../scale/cluster.ts";
import { startOnCluster, type StartedHeadgate } from "../scale/headgate.ts";
import { ANY_HOST, hostOf, type Pair, secretObject } from "../scale/objects.ts";
import { Prober } from "../scale/prober.ts";
import { startScaleBackend } from "../scale/scale-backend.ts";
import { freePort } from "../support/processes.ts";
import { FaultLoad, type FaultLoadReport } from "./fault-load.ts";
import { type Death, DEATHS, order } from "./orders.ts";

export interface FaultOptions {
  /** Ingresses and Services. */
  readonly count: number;
  /** Deaths of each kind. */
  readonly deaths: number;
  /** Requests per second. */
  readonly rate: number;
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** What a way of dying cost. */
interface DeathFigures {
  readonly workers: number;
  readonly kind: Death;
  /** From the news of the death to the new worker's listening, in milliseconds, by Headgate's log. */
  readonly replacedMillis: readonly number[];
  readonly load: FaultLoadReport;
}

interface StallFigures {
  readonly what: string;
  readonly load: FaultLoadReport;
}

export interface FaultFigures {
  readonly deaths: readonly DeathFigures[];
  readonly stalls: readonly StallFigures[];
}

const HOOK = resolve(import.meta.dirname, "../programs/fault-hook.ts");
const SETTLE_MS = 3000;
/** The spare worker that took over has to be followed by another, which reads the whole model. */
const BETWEEN_DEATHS_MS = 7000;
const DEATH_DEADLINE_MS = 90_000;
const LOOK_EVERY_MS = 200;
const WINDOW_MS = 6000;
const STALL_MS = 3000;
const HUGE_BYTES = 900_000;
const STALL_WORKERS = 2;

/** Fills an API server, starts Headgate on it, and lets threads die and stand still under load. */
export async function measureFaults(options: FaultOptions): Promise<FaultFigures> {
  const { count, directory, say } = options;
  const backend = await startScaleBackend(directory);
  try {
    using cluster = await Cluster.open();
    const pair = makePair();
    await cluster.createAll({ count, ports: backend.ports, certificates: [pair] });
    say(`the API server holds ${count} Ingresses, ${count} Services and ${2 * count} endpoints`);
    const deaths: DeathFigures[] = [];
    for (const workers of [1, 2]) {
      for (const kind of DEATHS) {
        deaths.push(await withHeadgate(cluster, { options, workers }, (stage) => killOften(stage, kind, options)));
      }
    }
    const stalls = await withHeadgate(cluster, { options, workers: STALL_WORKERS }, (stage) =>
      stallOften(stage, cluster, pair),
    );
    return { deaths, stalls };
  } finally {
    await backend.stop();
  }
}

interface Stage {
  readonly headgate: StartedHeadgate;
  readonly faultPort: number;
  readonly load: FaultLoad;
  readonly workers: number;
  readonly say: (line: string) => void;
}

async function withHeadgate<T>(
  cluster: Cluster,
  { options, workers }: { readonly options: FaultOptions; readonly workers: number },
  use: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { directory, count, rate, say } = options;
  const faultPort = await freePort();
  process.env["HEADGATE_FAULT_PORT"] = String(faultPort);
  const headgate = await startOnCluster(cluster.kubeconfig, { directory, workers, nodeOptions: ["--import", HOOK] });
  try {
    using prober = new Prober({ http: headgate.httpPort, https: headgate.httpsPort });
    await prober.untilLive({ kind: "status", host: hostOf(0), status: 200 });
    await sleep(BETWEEN_DEATHS_MS);
    using load = new FaultLoad(headgate.httpPort, count, rate);
    await sleep(SETTLE_MS);
    await load.report();
    return await use({ headgate, faultPort, load, workers, say });
  } finally {
    await headgate.running.stop();
  }
}

async function killOften({ headgate, faultPort, load, workers, say }: Stage, kind: Death, { deaths }: FaultOptions) {
  for (let i = 0; i < deaths; i++) {
    await order(faultPort, { kind, millis: 0 });
    await untilReplaced(headgate.logFile, i + 1);
    await sleep(BETWEEN_DEATHS_MS);
  }
  const figures = { workers, kind, replacedMillis: readReplacements(headgate.logFile), load: await load.report() };
  say(`${workers} workers, ${kind}: replaced after ${figures.replacedMillis.join(", ")} ms`);
  return figures;
}

async function stallOften({ faultPort, load, say }: Stage, cluster: Cluster, pair: Pair): Promise<StallFigures[]> {
  const stalls: StallFigures[] = [];
  const during = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    await load.report();
    await Promise.all([act(), sleep(WINDOW_MS)]);
    stalls.push({ what, load: await load.report() });
    say(what);
  };
  await during("nothing", async () => {});
  await during(`main thread busy for ${STALL_MS / 1000} s`, () =>
    order(faultPort, { kind: "stall", millis: STALL_MS }),
  );
  await during("everything listed anew", () => cluster.expire());
  const huge = { ...pair, cert: pair.cert + `# ${"x".repeat(70)}\n`.repeat(HUGE_BYTES / 73) };
  await during("a Secret of 0.9 MB changed", () => cluster.put(secretObject(0, huge)));
  await during("nothing, again", async () => {});
  return stalls;
}

interface LogLine {
  readonly time: string | number;
  readonly msg: string;
}

/** A heap takes its time to fill. */
async function untilReplaced(logFile: string, times: number): Promise<void> {
  const deadline = AbortSignal.timeout(DEATH_DEADLINE_MS);
  while (readReplacements(logFile).length < times) {
    if (deadline.aborted) throw new Error(`only ${times - 1} workers were replaced`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Each death's line with that of the worker that came for it. */
function readReplacements(logFile: string): number[] {
  const lines = readFileSync(logFile, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"));
  const millis: number[] = [];
  let diedAtMs = 0;
  for (const { time, msg } of lines.map((line) => JSON.parse(line) as LogLine)) {
    if (msg === "a worker died and is replaced") diedAtMs = new Date(time).getTime();
    else if (msg === "a new worker serves" && diedAtMs > 0) millis.push(new Date(time).getTime() - diedAtMs);
  }
  return millis;
}

function makePair(): Pair {
  const { certPem, keyPem } = createDevCa(systemClock).issue(ANY_HOST);
  return { cert: certPem, key: revealSecret(keyPem) };
}
