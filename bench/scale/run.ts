import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureScale, type ScaleOptions } from "./measure-scale.ts";
import { scalePage } from "./scale-page.ts";

/** `npm run bench:scale`: see ../README.md. */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    changes: { type: "string", default: "200" },
    "random-changes": { type: "string", default: "1000" },
    rate: { type: "string", default: "500" },
    workers: { type: "string", default: "2" },
    "node-options": { type: "string", default: "" },
    output: { type: "string", default: join(import.meta.dirname, "../scale.md") },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `Measures Headgate with 10,000 Ingresses and 10,000 Services on an API server, under change and load.

Usage: npm run bench:scale -- [options]

  --count N             Ingresses and Services, each Service with two endpoints (10000)
  --changes N           single changes of Ingresses and of EndpointSlices; a tenth of that of other kinds (200)
  --random-changes N    changes of all kinds in random order (1000)
  --rate N              requests per second of the load meanwhile (500)
  --workers N           worker threads (2)
  --node-options="…"    for the Node of Headgate, such as --cpu-prof
  --output FILE         where the table goes (bench/scale.md)
  -h, --help            prints this text
`;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headgate-scale-"));
  const options: ScaleOptions = {
    count: Number(values.count),
    changes: Number(values.changes),
    randomChanges: Number(values["random-changes"]),
    rate: Number(values.rate),
    workers: Number(values.workers),
    nodeOptions: values["node-options"].split(" ").filter((option) => option !== ""),
    directory,
    say: (line) => void process.stdout.write(`${line}\n`),
  };
  options.say("About 3 minutes.");
  try {
    const page = scalePage(await measureScale(options), options);
    writeFileSync(values.output, page);
    options.say(page);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
