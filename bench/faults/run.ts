import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { faultPage } from "./fault-page.ts";
import { type FaultOptions, measureFaults } from "./measure-faults.ts";

/** `npm run bench:faults`: see ../README.md. */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    deaths: { type: "string", default: "4" },
    rate: { type: "string", default: "500" },
    output: { type: "string", default: join(import.meta.dirname, "../faults.md") },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `Lets threads of Headgate die and stand still under load, with 10,000 Ingresses.

Usage: npm run bench:faults -- [options]

  --count N       Ingresses and Services (10000)
  --deaths N      deaths of each kind, at most 5 (4)
  --rate N        requests per second (500)
  --output FILE   where the table goes (bench/faults.md)
  -h, --help      prints this text
`;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headgate-faults-"));
  const options: FaultOptions = {
    count: Number(values.count),
    deaths: Number(values.deaths),
    rate: Number(values.rate),
    directory,
    say: (line) => void process.stdout.write(`${line}\n`),
  };
  options.say("About 6 minutes.");
  try {
    const page = faultPage(await measureFaults(options), options);
    writeFileSync(values.output, page);
    options.say(page);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
