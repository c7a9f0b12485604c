import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { shellWord } from "../../lib/shell-word.ts";

const CHART = "Chart.yaml";
const KUSTOMIZATIONS = new Set(["kustomization.yaml", "kustomization.yml", "Kustomization"]);
/** With nothing else in it, a kustomization is a list of files that are what they say. */
const PLAIN_FIELDS = new Set(["apiVersion", "kind", "metadata", "resources"]);

/** What has to be run to get manifests out of a folder; null where its files are manifests as they are. */
export async function renderCommand(folder: string, entries: readonly string[]): Promise<string | null> {
  if (entries.includes(CHART)) return `helm template ${shellWord(folder)} | headgate dev -`;
  const kustomization = entries.find((name) => KUSTOMIZATIONS.has(name));
  if (kustomization === undefined || (await isPlain(join(folder, kustomization)))) return null;
  return `kubectl kustomize ${shellWord(folder)} | headgate dev -`;
}

/** True for a file that belongs to such a tool and holds no objects. */
export function isToolFile(name: string): boolean {
  return KUSTOMIZATIONS.has(name);
}

async function isPlain(path: string): Promise<boolean> {
  try {
    const json: unknown = parse(await readFile(path, "utf8"), { logLevel: "silent" });
    if (!isRecord(json) || Object.keys(json).some((field) => !PLAIN_FIELDS.has(field))) return false;
    const resources: unknown = json["resources"] ?? [];
    return Array.isArray(resources) && resources.every(isInside);
  } catch {
    return false;
  }
}

/** Neither above the folder nor on another machine. */
function isInside(resource: unknown): boolean {
  return (
    typeof resource === "string" &&
    !resource.includes("..") &&
    !resource.startsWith("/") &&
    !/:\/\/|^github\.com|\?ref=/.test(resource)
  );
}
