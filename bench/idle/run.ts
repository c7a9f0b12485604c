import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { digits, markdownTable } from "../support/markdown.ts";
import { Cluster } from "../scale/cluster.ts";
import { startOnCluster } from "../scale/headgate.ts";
import { type ImageProgram, openImageProgram } from "../support/image-program.ts";
import { machineFacts } from "../support/machine.ts";
import { anonymousKb, cpuMicros, residentKb } from "../support/proc.ts";

/** `npm run bench:idle`: see ../README.md. */
const { values } = parseArgs({
  options: {
    ingresses: { type: "string", default: "1,50,1000,5000" },
    workers: { type: "string", default: "1,2,4,8" },
    output: { type: "string", default: join(import.meta.dirname, "../idle.md") },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `Measures what Headgate needs when nobody asks anything: memory, and CPU. The bundle of the image is what runs.

Usage: npm run bench:idle -- [options]

  --ingresses N,N,…   how many Ingresses and Services (1,50,1000,5000)
  --workers N,N,…     how many worker threads (1,2,4,8)
  --output FILE       where the table goes (bench/idle.md)
  -h, --help          prints this text
`;

/** Nobody asks the backends. */
const PORTS = { A: 1, B: 2, C: 3 };
/** For what a start leaves behind to be collected. */
const SETTLE_MS = 15_000;
const WATCH_MS = 10_000;

interface IdleFigures {
  readonly ingresses: number;
  readonly workers: number;
  readonly residentKb: number;
  /** What no file is behind. */
  readonly anonymousKb: number;
  /** Of one CPU. */
  readonly millicores: number;
  readonly startSeconds: number;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headgate-idle-"));
  const program = openImageProgram();
  try {
    const figures: IdleFigures[] = [];
    for (const ingresses of numbersOf(values.ingresses)) {
      using cluster = await Cluster.open();
      await cluster.createAll({ count: ingresses, ports: PORTS, certificates: [] });
      for (const workers of numbersOf(values.workers)) {
        const figure = await measureIdle(cluster.kubeconfig, { ...program, directory }, { ingresses, workers });
        process.stdout.write(`${JSON.stringify(figure)}\n`);
        figures.push(figure);
      }
    }
    writeFileSync(values.output, idlePage(figures));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureIdle(
  kubeconfig: string,
  place: ImageProgram & { readonly directory: string },
  sizes: Pick<IdleFigures, "ingresses" | "workers">,
): Promise<IdleFigures> {
  const { running } = await startOnCluster(kubeconfig, { ...place, workers: sizes.workers });
  try {
    const startSeconds = cpuMicros(running.pid) / 1e6;
    await sleep(SETTLE_MS);
    const before = cpuMicros(running.pid);
    await sleep(WATCH_MS);
    const millicores = (cpuMicros(running.pid) - before) / WATCH_MS;
    const memory = { residentKb: residentKb(running.pid), anonymousKb: anonymousKb(running.pid) };
    return { ...sizes, ...memory, millicores, startSeconds };
  } finally {
    await running.stop();
  }
}

function numbersOf(list: string): readonly number[] {
  return list.split(",").map(Number);
}

function idlePage(figures: readonly IdleFigures[]): string {
  const { revision, machine } = machineFacts();
  const parts = [
    "<!-- Written by `npm run bench:idle`. -->",
    "# At rest",
    `${new Date().toISOString().slice(0, 10)}, revision ${revision}, ${machine}. The bundle of the image with its environment and its flags of Node, with its control plane, the workers and the spare one, ${SETTLE_MS / 1000} s after it was ready, while nobody asks anything. As many Services as Ingresses, each with two endpoints. The chart's requests come from here.`,
    markdownTable(
      [
        "Ingresses",
        "workers",
        "anonymous memory MB",
        "resident memory MB",
        "CPU, thousandths of one",
        "CPU seconds until ready",
      ],
      figures.map(({ ingresses, workers, residentKb: kb, anonymousKb: ownKb, millicores, startSeconds }) => [
        String(ingresses),
        String(workers),
        digits(ownKb / 1024, 0),
        digits(kb / 1024, 0),
        digits(millicores, 0),
        digits(startSeconds, 1),
      ]),
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}
