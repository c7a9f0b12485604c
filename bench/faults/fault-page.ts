import { digits, markdownTable } from "../support/markdown.ts";
import { machineFacts } from "../support/machine.ts";
import { quantile } from "../support/statistics.ts";
import type { FaultLoadReport } from "./fault-load.ts";
import type { FaultFigures, FaultOptions } from "./measure-faults.ts";

/** `bench/faults.md`. */
export function faultPage({ deaths, stalls }: FaultFigures, { count, rate }: FaultOptions): string {
  const { revision, machine } = machineFacts();
  const parts = [
    "<!-- Written by `npm run bench:faults`. -->",
    "# Faults",
    `${new Date().toISOString().slice(0, 10)}, revision ${revision}, ${machine}, shared by API server, load, backend and Headgate. ${count} Ingresses and Services, ${rate} requests per second on 16 connections. How: [README.md](README.md).`,
    "## Workers that die",
    "Target: replaced within 300 ms, and only requests that the dead worker had are lost. With one worker there is nobody else to take a connection: its clients see the whole gap. A heap that fills up keeps the collector busy for seconds before its thread dies; that is in the gap, and not in the replacement.",
    markdownTable(
      ["workers", "death", "times", "replaced after ms", "longest gap of a client ms", "lost", "wrong", "requests"],
      deaths.map(({ workers, kind, replacedMillis, load }) => [
        String(workers),
        kind,
        String(replacedMillis.length),
        replacedMillis.join(", "),
        digits(Math.max(0, ...load.outageMillis), 0),
        String(load.lost),
        String(load.wrong),
        String(load.requests),
      ]),
    ),
    "## A main thread that stands still",
    "Target: no request waits for it. Time to the answer, in milliseconds, in windows of 6 s. Whoever is busy takes processor time from everybody else on the machine: compare with the windows in which nothing happened.",
    markdownTable(
      ["meanwhile", "p50", "p99", "longest", "lost", "wrong", "requests"],
      stalls.map(({ what, load }) => [
        what,
        ...latencies(load),
        String(load.lost),
        String(load.wrong),
        String(load.requests),
      ]),
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}

function latencies({ answerMillis }: FaultLoadReport): string[] {
  return [0.5, 0.99, 1].map((share) => digits(quantile(answerMillis, share), 2));
}
