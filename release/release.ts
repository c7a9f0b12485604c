import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { readFragments } from "./changes.ts";

/**
 * What the release workflow asks of the repository: `node release/release.ts check-tag v1.2.3`, `node release/release.ts pin-image
 * sha256:…`. docs/releasing.md tells the whole way.
 */

const ROOT = join(import.meta.dirname, "..");
const VALUES = join(ROOT, "charts/headgate/values.yaml");

/** What is wrong with a release of that tag, one sentence each; empty when it may go out. */
export function faultsOfTag(tag: string, files: { package: string; chart: string; changelog: string }): string[] {
  const { version } = JSON.parse(files.package) as { version: string };
  const chart = parseDocument(files.chart).toJSON() as { version: string; appVersion: string };
  const faults: string[] = [];
  if (tag !== `v${version}`) faults.push(`the tag is ${tag}, but package.json says ${version}: it must be v${version}`);
  if (chart.version !== version || chart.appVersion !== version) {
    faults.push(`charts/headgate/Chart.yaml says ${chart.version} (${chart.appVersion}), but package.json ${version}`);
  }
  if (!files.changelog.split("\n").some((line) => line === `## ${version}` || line.startsWith(`## ${version} `))) {
    faults.push(`CHANGELOG.md has no section "## ${version}"`);
  }
  return faults;
}

/** The chart's values with the image pinned; comments stay. @throws on what is no digest */
export function pinImage(values: string, digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${digest} is no digest`);
  const document = parseDocument(values);
  document.setIn(["controller", "image", "digest"], digest);
  return document.toString({ lineWidth: 0 });
}

function run([command, argument = ""]: readonly string[]): number {
  if (command === "check-tag") {
    const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
    const files = {
      package: read("package.json"),
      chart: read("charts/headgate/Chart.yaml"),
      changelog: read("CHANGELOG.md"),
    };
    const faults = faultsOfTag(argument, files);
    const left = readFragments().map(({ name }) => `changes/${name}`);
    if (left.length > 0) faults.push(`${left.join(", ")} would be left out: run node release/changes.ts VERSION`);
    for (const fault of faults) process.stderr.write(`${fault}\n`);
    return faults.length === 0 ? 0 : 1;
  }
  if (command === "pin-image") {
    writeFileSync(VALUES, pinImage(readFileSync(VALUES, "utf8"), argument));
    return 0;
  }
  process.stderr.write("usage: node release/release.ts check-tag TAG | pin-image DIGEST\n");
  return 2;
}

if (import.meta.main) process.exitCode = run(process.argv.slice(2));
