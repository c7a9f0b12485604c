// `count-tests.mjs FAILED_STEPS REPORT...`: prints every failed test with the beginning of its message and every failed step, so that the end
// of a long output says what failed, and then `N passed, N failed, N skipped`, from reports of vitest's JSON reporter. The first one missing or
// empty is a failure: a run that tested nothing must not look like one that passed. Others may be missing. A file that could not be loaded
// counts as one failed test. Exits with 1 when anything failed.
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

const [failedSteps = "", ...paths] = process.argv.slice(2);
const reports = paths.map((path) => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).testResults : []));
const steps = existsSync(failedSteps) ? readFileSync(failedSteps, "utf8").split("\n").filter(Boolean) : [];
const files = reports.flat();
const statuses = files.flatMap((file) => file.assertionResults.map((result) => result.status));
const unloaded = files.filter(
  (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
);

for (const file of files) {
  const failures = file.assertionResults.filter(({ status }) => status === "failed");
  for (const { fullName, failureMessages } of failures) tell(file, fullName, failureMessages.join("\n"));
  if (file.status === "failed" && file.message) tell(file, "could not be loaded, or set up", file.message);
}

const passed = statuses.filter((status) => status === "passed").length;
const failed = statuses.filter((status) => status === "failed").length + unloaded.length;
const skipped = statuses.length - passed - statuses.filter((status) => status === "failed").length;
const lost = reports[0]?.length > 0 ? 0 : 1;
for (const step of steps) console.log(`FAILED: ${step}`);
console.log(`${passed} passed, ${failed + lost} failed, ${skipped} skipped`);
process.exitCode = failed + lost + steps.length === 0 ? 0 : 1;

function tell(file, what, message) {
  const lines = message.split("\n", 6).map((line) => `    ${line.slice(0, 400)}`);
  console.log([`FAILED: ${relative(".", file.name)}: ${what}`, ...lines].join("\n"));
}
