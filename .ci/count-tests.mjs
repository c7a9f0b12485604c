// Prints `N passed, N failed, N skipped` from a report of vitest's JSON reporter. A missing or empty report is a failure: a run
// that tested nothing must not look like one that passed. A file that could not be loaded counts as one failed test.
import { existsSync, readFileSync } from "node:fs";

const [path = ""] = process.argv.slice(2);
const report = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { testResults: [] };
const files = report.testResults;
const statuses = files.flatMap((file) => file.assertionResults.map((result) => result.status));
const unloaded = files.filter(
  (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
);

const passed = statuses.filter((status) => status === "passed").length;
const failed = statuses.filter((status) => status === "failed").length + unloaded.length;
const skipped = statuses.length - passed - statuses.filter((status) => status === "failed").length;
const lost = passed + failed === 0 ? 1 : 0;
console.log(`${passed} passed, ${failed + lost} failed, ${skipped} skipped`);
process.exitCode = failed + lost === 0 ? 0 : 1;
