import { parseOptions } from "./support/options.ts";
import { runBench } from "./support/run-bench.ts";

/** `npm run bench`: see README.md beside this file. */
const options = parseOptions(process.argv.slice(2));
if (typeof options === "string") process.stdout.write(options);
else await runBench(options);
