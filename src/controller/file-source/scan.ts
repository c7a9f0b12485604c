import { type Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isToolFile, renderCommand } from "./rendering.ts";

/** A file that may hold objects. */
export interface FoundFile {
  readonly path: string;
  /** Changes whenever the content may have changed. */
  readonly stamp: string;
}

export interface Scan {
  /** In order of precedence: the given order, and by name within folders. */
  readonly files: readonly FoundFile[];
  /** Every folder whose entries matter. */
  readonly folders: ReadonlySet<string>;
  /** Given paths that do not exist or cannot be read, with the reason. */
  readonly missing: ReadonlyMap<string, string>;
  /** Folders of Helm and kustomize whose files are no manifests yet, with the command that makes them. */
  readonly unrendered: ReadonlyMap<string, string>;
}

/** What stands for standard input among the paths, and as the stamp of what is read there, which never changes. */
export const STDIN = "-";
const STDIN_NAME = "stdin";
const EXTENSION = /\.(?:ya?ml|json)$/i;
const MAX_FILES = 20_000;

/** Looks for files. Folders are walked to the bottom; hidden entries are left out; each real folder is entered once. */
export async function scanPaths(paths: readonly string[]): Promise<Scan> {
  const walk: Walk = {
    files: new Map(),
    folders: new Set(),
    missing: new Map(),
    unrendered: new Map(),
    entered: new Set(),
  };
  for (const path of paths) {
    if (path === STDIN) walk.files.set(STDIN_NAME, { path: STDIN_NAME, stamp: STDIN });
    else await visitGiven(path, walk);
  }
  const { files, folders, missing, unrendered } = walk;
  return { files: [...files.values()], folders, missing, unrendered };
}

interface Walk {
  readonly files: Map<string, FoundFile>;
  readonly folders: Set<string>;
  readonly missing: Map<string, string>;
  readonly unrendered: Map<string, string>;
  readonly entered: Set<string>;
}

async function visitGiven(path: string, walk: Walk): Promise<void> {
  // The folder around it: editors replace files, and a missing path may appear.
  walk.folders.add(dirname(path));
  try {
    const stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) await visitFolder(path, walk);
    else addFile(path, stats, walk);
  } catch (error) {
    walk.missing.set(path, error instanceof Error ? error.message : "cannot be read");
  }
}

async function visitFolder(folder: string, walk: Walk): Promise<void> {
  const real = await realpath(folder);
  if (walk.entered.has(real)) return;
  walk.entered.add(real);
  walk.folders.add(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  const command = await renderCommand(
    folder,
    entries.map((entry) => entry.name),
  );
  if (command !== null) {
    walk.unrendered.set(folder, command);
    return;
  }
  for (const entry of entries.sort(byName)) {
    if (isToolFile(entry.name)) continue;
    if (!entry.name.startsWith(".") && entry.name !== "node_modules") await visitEntry(join(folder, entry.name), walk);
  }
}

/** Entries come and go while we look: what has gone is simply not there. */
async function visitEntry(path: string, walk: Walk): Promise<void> {
  try {
    const stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) await visitFolder(path, walk);
    else if (stats.isFile() && EXTENSION.test(path)) addFile(path, stats, walk);
  } catch {
    // Gone, or a dangling link.
  }
}

interface Stamps {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

function addFile(path: string, { dev, ino, size, mtimeNs, ctimeNs }: Stamps, walk: Walk): void {
  if (walk.files.size >= MAX_FILES || walk.files.has(path)) return;
  walk.files.set(path, { path, stamp: [dev, ino, size, mtimeNs, ctimeNs].join(":") });
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}
