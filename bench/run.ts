import { parseOptions } from "./compare/options.ts";
import { runBench } from "./compare/run-bench.ts";

/** `npm run bench`: see README.md beside this file. */
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const options = parseOptions(process.argv.slice(2));
if (typeof options === "string") process.stdout.write(options);
else await runBench(options);
