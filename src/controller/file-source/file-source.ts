import { readFile } from "node:fs/promises";
import type { watch } from "node:fs";
import { keyOf, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { KubernetesObject } from "../../kubernetes/objects.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Problem } from "../../model/problem.ts";
import { KINDS, type ObjectSource, type ReferencedKind, type SourceListener } from "../source.ts";
import { FileSet } from "./file-set.ts";
import { FolderWatch } from "./folder-watch.ts";
import { type FoundFile, type Scan, scanPaths } from "./scan.ts";
import { Settling } from "./settling.ts";

export interface FileSourceOptions {
  /** Files and folders, in order of precedence: the objects of earlier ones count as older. */
  readonly paths: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly debounceMs?: number;
  readonly pollMs?: number;
  readonly settleMs?: number;
  /** Replaces `fs.watch` in tests. */
  readonly watch?: typeof watch;
}

const DEBOUNCE_MS = 20;
const POLL_MS = 2000;
/** Programs empty a file before they write it, or move it away before they put a new one in its place. */
const SETTLE_MS = 100;

/** Manifests in files and folders as a source: read at once, then followed live. */
export class FileSource implements ObjectSource {
  readonly name = "files";
  readonly #options: FileSourceOptions;
  readonly #files = new FileSet();
  readonly #stamps = new Map<string, string>();
  readonly #settling: Settling;
  readonly #toldSkips = new Set<string>();
  #toldProblems: ReadonlySet<string> = new Set();
  #listener: SourceListener | null = null;
  #folders: FolderWatch | null = null;
  #objects: readonly KubernetesObject[] = [];
  #work: Promise<void> | null = null;
  #again = false;
  #delivered = false;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#settling = new Settling(options.clock, options.settleMs ?? SETTLE_MS);
  }

  start(listener: SourceListener): void {
    const { debounceMs = DEBOUNCE_MS, pollMs = POLL_MS, watch } = this.#options;
    this.#listener = listener;
    const onChange = (): void => this.#refresh();
    this.#folders = new FolderWatch({ debounceMs, pollMs, onChange, ...(watch === undefined ? {} : { watch }) });
    this.#refresh();
  }

  tells(): boolean {
    return true;
  }

  fetch(kind: ReferencedKind, key: ObjectKey): Promise<void> {
    const object = this.#objects.find((candidate) => candidate.kind === kind && keyOf(candidate) === key);
    if (object !== undefined) this.#listener?.upsert(object);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#listener = null;
    this.#folders?.close();
    this.#folders = null;
    await this.#work;
  }

  /** One look at the files at a time; a change during it makes another one follow. */
  #refresh(): void {
    this.#again = true;
    this.#work ??= this.#refreshUntilQuiet();
  }

  async #refreshUntilQuiet(): Promise<void> {
    while (this.#again && this.#listener !== null) {
      this.#again = false;
      try {
        await this.#look();
      } catch (error) {
        this.#options.logger.warn({ err: error }, "could not read the manifests; the last state stays in force");
      }
    }
    this.#work = null;
  }

  async #look(): Promise<void> {
    const scan = await scanPaths(this.#options.paths);
    // What happened in a new folder before it was watched is only seen by looking again.
    if (this.#folders?.watch(scan.folders) === true) this.#again = true;
    const changed = await this.#readChanged(scan);
    if (this.#listener === null) return;
    if (changed || !this.#delivered) this.#deliver(this.#listener, scan);
  }

  /** True when there is something new to deliver. What takes objects away is believed only once the files have settled. */
  async #readChanged(scan: Scan): Promise<boolean> {
    const gone = this.#files.missingFrom(scan.files.map((file) => file.path));
    if (!gone.map((path) => this.#settling.isSettled(path, "gone")).every(Boolean)) return this.#lookAgain();
    for (const path of gone) {
      this.#files.forget(path);
      this.#stamps.delete(path);
    }
    let changed = gone.length > 0;
    for (const file of scan.files) {
      if (this.#stamps.get(file.path) !== file.stamp && (await this.#readFile(file))) changed = true;
    }
    return changed;
  }

  async #readFile({ path, stamp }: FoundFile): Promise<boolean> {
    const text = await readText(path);
    if (text === null) return false;
    const { content, removes } = this.#files.read(path, text);
    if (removes && !this.#settling.isSettled(path, stamp)) return this.#lookAgain();
    this.#stamps.set(path, stamp);
    this.#files.put(path, content);
    return true;
  }

  #lookAgain(): false {
    this.#folders?.notice();
    return false;
  }

  #deliver(listener: SourceListener, scan: Scan): void {
    const { objects, problems, skipped } = this.#files.summarise(scan.files.map((file) => file.path));
    for (const [path, reason] of scan.missing) problems.set(`File ${path}`, [missingProblem(path, reason)]);
    this.#delivered = true;
    this.#objects = objects;
    const byKind = Map.groupBy(objects, (object) => object.kind);
    for (const kind of KINDS) listener.replace(kind, byKind.get(kind) ?? []);
    for (const key of this.#toldProblems) if (!problems.has(key)) listener.problems(key, []);
    for (const [key, list] of problems) listener.problems(key, list);
    this.#toldProblems = new Set(problems.keys());
    for (const kind of KINDS) listener.synced(kind);
    this.#tellSkipped(skipped);
  }

  #tellSkipped(skipped: readonly string[]): void {
    for (const text of skipped) {
      if (!this.#toldSkips.has(text)) this.#options.logger.info({}, `skipped ${text}: not a kind that routes traffic`);
      this.#toldSkips.add(text);
    }
  }
}

/** Null when the file vanished or is being replaced: the next look sees what became of it. */
async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return null;
  }
}

function missingProblem(path: string, reason: string): Problem {
  return {
    severity: "error",
    reason: "FileNotReadable",
    source: { kind: "File", namespace: "", name: path },
    field: "",
    value: "",
    message: `${reason}: check the path; it is read as soon as it appears`,
    effect: "not-served",
  };
}

export function openFileSource(options: FileSourceOptions): FileSource {
  return new FileSource(options);
}
