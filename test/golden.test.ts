import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Endpoint } from "../src/model/upstream.ts";
import { Translator, translateAll, type TranslateOptions } from "../src/translate/translate.ts";
import { MemorySnapshot } from "./support/builders/memory-snapshot.ts";
import { printModel } from "./support/oracles/print-model.ts";
import { readManifests } from "./support/builders/read-manifests.ts";
import { DEFAULT_OPTIONS } from "./support/builders/translate-options.ts";

/**
 * Each folder `golden/GROUP/CASE` holds a `kubectl apply` stream and what translation makes of it. `UPDATE_GOLDEN=1` writes `out.yaml` anew:
 * read the difference before you commit it, for it is what the change means.
 */
const ROOT = join(import.meta.dirname, "golden");
const CASES = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => basename(path) === "in.yaml")
  .map((path) => dirname(path));

test("there are golden cases to compare", () => {
  expect(CASES.length).toBeGreaterThan(25);
});

describe("in.yaml translates to out.yaml", () => {
  test.each(CASES)("%s", (name) => {
    const out = join(ROOT, name, "out.yaml");
    const printed = translateCase(join(ROOT, name));
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(out, printed);
    expect(printed).toBe(existsSync(out) ? readFileSync(out, "utf8") : "");
  });
});

function translateCase(folder: string): string {
  const { objects, errors } = readManifests(readFileSync(join(folder, "in.yaml"), "utf8"));
  const snapshot = new MemorySnapshot(objects);
  const options = readOptions(join(folder, "options.yaml"));
  const { model, problems } = translateAll(options, snapshot);
  const { served } = new Translator(options).update(snapshot, []);
  return printModel({ model, problems, served: served.added, parserErrors: errors });
}

function readOptions(file: string): TranslateOptions {
  if (!existsSync(file)) return DEFAULT_OPTIONS;
  const { endpointOverrides = {}, ...flags } = parse(readFileSync(file, "utf8")) as Partial<
    Omit<TranslateOptions, "endpointOverrides">
  > & { endpointOverrides?: Record<string, string> };
  const overrides = Object.entries(endpointOverrides).map(
    ([service, target]) => [service, [readEndpoint(target)]] as const,
  );
  return { ...DEFAULT_OPTIONS, ...flags, endpointOverrides: new Map(overrides) };
}

function readEndpoint(text: string): Endpoint {
  const [host = "", port = ""] = text.split(":");
  if (isIPv4(host)) return { kind: "address", address: host, port: Number(port) };
  return { kind: "name", host, port: Number(port) };
}
