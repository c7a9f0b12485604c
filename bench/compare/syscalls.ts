import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { runLoad } from "../load/run-load.ts";
import { digits, textTable } from "../support/markdown.ts";
import { checkAnswer } from "./check.ts";
import { CORES } from "../support/cores.ts";
import { Instances, type ProxyContext } from "./instances.ts";
import { targetOf } from "./measure.ts";
import type { Series } from "./run-group.ts";
import { parseStraceSummary, type SyscallCount } from "./strace-summary.ts";

const ATTACH_MS = 500;
const SHOWN = 12;

export interface SyscallRun {
  readonly surroundings: ProxyContext;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** Prints the system calls per request of every scenario and rival, as `strace -c` counts them in all threads. */
export async function countSyscalls(series: readonly Series[], run: SyscallRun): Promise<void> {
  await using instances = new Instances(run.surroundings);
  for (const { scenario, rival } of series) {
    const { running, setup } = await instances.get(rival, scenario.profile);
    const cookie = await checkAnswer(scenario, setup);
    const target = targetOf(scenario, setup, cookie);
    const options = {
      core: CORES.load,
      seconds: run.seconds,
      requestsPerSecond: 1000,
      scratch: run.surroundings.directory,
    };
    await runLoad(scenario.load, target, options);
    const tracer = await trace(running.pid);
    const { requests } = await runLoad(scenario.load, target, options);
    const counts = await tracer.stop();
    const total = counts.reduce((sum, { calls }) => sum + calls, 0);
    run.say(`\n${scenario.title}, ${rival.name}: ${digits(total / requests, 2)} system calls per ${scenario.unit}`);
    const rows = counts.slice(0, SHOWN).map(({ name, calls }) => [name, digits(calls / requests, 3)]);
    run.say(textTable(rows));
  }
}

async function trace(pid: number): Promise<{ stop(): Promise<readonly SyscallCount[]> }> {
  const tracer = spawn("strace", ["-f", "-c", "-p", String(pid)], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  tracer.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  await sleep(ATTACH_MS);
  return {
    stop: async () => {
      const ended = once(tracer, "close");
      tracer.kill("SIGINT");
      await ended;
      return parseStraceSummary(output);
    },
  };
}
