import { digits, markdownTable } from "../support/markdown.ts";
import { quantile } from "../support/statistics.ts";
import { machineFacts } from "../support/machine.ts";
import type { ScaleFigures, ScaleOptions } from "./measure-scale.ts";

/** `bench/scale.md`. */
export function scalePage(figures: ScaleFigures, options: ScaleOptions): string {
  const { count, rate, workers } = options;
  const { changes, random, readyAfterMs, readyKb, endKb } = figures;
  const { revision, machine } = machineFacts();
  const parts = [
    "<!-- Written by `npm run bench:scale`. -->",
    "# Scale",
    `${new Date().toISOString().slice(0, 10)}, revision ${revision}, ${machine}, shared by API server, load, backend and Headgate with ${workers} workers. ${count} Ingresses, ${count} Services, ${2 * count} endpoints. How: [README.md](README.md).`,
    "## Start",
    markdownTable(
      ["figure", "target", "measured"],
      [
        ["start of the process to ready", "≤ 10 s", `${digits(readyAfterMs / 1000, 2)} s`],
        ["resident memory, all threads, when ready", "≤ 600 MB and 250 MB a worker", `${digits(readyKb / 1024, 0)} MB`],
        ["resident memory at the end, after eight scrapes", "", `${digits(endKb / 1024, 0)} MB`],
      ],
    ),
    "## Single changes under load",
    `${rate} requests per second meanwhile. Time from the event on the API server's watch to the last of 8 connections that saw it, over all workers; it holds the time of looking, with eight requests at a time on the same cores. Beside it how many publications Headgate counted itself as live in every worker within 5 and 25 ms of the event (headgate_propagation_seconds). Targets for Ingress and EndpointSlice: p50 ≤ 5 ms, p99 ≤ 25 ms; for the main thread: never away for more than 50 ms, seen from outside as the admin server's longest answer.`,
    changeTable(changes),
    "## Random changes under load",
    `${random.changes} changes in ${digits(random.seconds, 1)} s: ${random.load.failures} of ${random.load.requests} requests failed${random.load.failures === 0 ? "" : ` (${random.load.lastFailure})`}; the admin server's longest answer took ${digits(Math.max(0, ...random.load.adminMillis), 1)} ms.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function changeTable(changes: ScaleFigures["changes"]): string {
  return markdownTable(
    [
      "change",
      "times",
      "p50 ms",
      "p99 ms",
      "longest ms",
      "own ≤ 5 ms",
      "own ≤ 25 ms",
      "failed requests",
      "main thread away ms",
    ],
    changes.map(({ kind, liveAfterMs, own, load }) => [
      kind,
      String(liveAfterMs.length),
      ...[0.5, 0.99, 1].map((share) => digits(quantile(liveAfterMs, share), 1)),
      `${own.within5ms} of ${own.all}`,
      `${own.within25ms} of ${own.all}`,
      `${load.failures} of ${load.requests}`,
      digits(Math.max(0, ...load.adminMillis), 1),
    ]),
  );
}
