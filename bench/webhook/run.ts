import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { digits, markdownTable } from "../support/markdown.ts";
import { machineFacts } from "../support/machine.ts";
import { quantile } from "../support/statistics.ts";
import { SHARERS } from "./candidates.ts";
import { measureWebhook, type ReviewFigures } from "./measure-webhook.ts";

/** `npm run bench:webhook`: see ../README.md. */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "5000" },
    reviews: { type: "string", default: "1000" },
    output: { type: "string", default: join(import.meta.dirname, "../webhook.md") },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `Measures how long the admission webhook takes with 5,000 Ingresses in store.

Usage: npm run bench:webhook -- [options]

  --count N        Ingresses and Services (5000)
  --reviews N      reviews of each kind, quiet and while objects change (1000)
  --output FILE    where the table goes (bench/webhook.md)
  -h, --help       prints this text
`;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headgate-webhook-"));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const count = Number(values.count);
  const reviews = Number(values.reviews);
  say("About a minute.");
  try {
    const page = webhookPage(await measureWebhook({ count, reviews, directory, say }), count);
    writeFileSync(values.output, page);
    say(page);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function webhookPage(figures: readonly ReviewFigures[], count: number): string {
  const { revision, machine } = machineFacts();
  const reviews = figures[0]?.quietMs.length ?? 0;
  const parts = [
    "<!-- Written by `npm run bench:webhook`. -->",
    "# The admission webhook",
    `${new Date().toISOString().slice(0, 10)}, revision ${revision}, ${machine}, shared by API server, Headgate and the one who asks. ${count + SHARERS} Ingresses and ${count} Services in store; ${reviews} reviews a figure, one after the other on one kept TLS connection, from the request to the end of the answer. The target is a p99 of 50 ms. How: [README.md](README.md).`,
    markdownTable(
      ["review of", "p50 ms", "p99 ms", "longest ms", "p50 ms, 50 changes a second", "p99 ms", "longest ms"],
      figures.map(({ what, quietMs, busyMs }) => [
        what,
        ...[quietMs, busyMs].flatMap((times) => [0.5, 0.99, 1].map((share) => digits(quantile(times, share), 1))),
      ]),
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}
