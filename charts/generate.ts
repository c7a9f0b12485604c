import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { acceptedValues } from "./generate/accepted-values.ts";
import { chartReadme } from "./generate/chart-readme.ts";
import { deployManifests } from "./generate/deploy-manifests.ts";
import { readValueEntries } from "./generate/value-entries.ts";
import { valuesSchema } from "./generate/values-schema.ts";

const ROOT = join(import.meta.dirname, "..");

/** What is made from the comments of `values.yaml`: path in the repository → text. */
export function chartFiles(): ReadonlyMap<string, string> {
  const entries = readValueEntries(readFileSync(join(ROOT, "charts/headgate/values.yaml"), "utf8"));
  return new Map([
    ["charts/headgate/values.schema.json", valuesSchema(entries)],
    ["charts/headgate/README.md", chartReadme(entries)],
    ["charts/headgate/templates/_accepted-values.tpl", acceptedValues(entries)],
  ]);
}

if (import.meta.main) {
  write(chartFiles());
  // Rendered with the schema and the templates that were just written.
  write(await deployManifests());
}

function write(files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}
