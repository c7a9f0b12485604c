import { readFile } from "node:fs/promises";
import type { watch } from "node:fs";
import { keyOf, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { KubernetesObject, Service } from "../../kubernetes/objects.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { formatSource, type SourceRef } from "../../model/source.ts";
import { KINDS, type ObjectSource, type ReferencedKind, type SourceListener } from "../source.ts";
import { FileSet } from "./file-set.ts";
import { FolderWatch } from "./folder-watch.ts";
import { missingProblem, unrenderedProblem } from "./path-problems.ts";
import { type FoundFile, type Scan, scanPaths, STDIN } from "./scan.ts";
import { Settling } from "./settling.ts";
import { SkipLog } from "./skip-log.ts";

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
  /** All of standard input, for the path `-`; rejects when the signal says so. */
  readonly readStdin?: (signal: AbortSignal) => Promise<string>;
  /** Told after every delivery but the first: the files that were new, changed or gone. */
  readonly onReread?: (paths: readonly string[]) => void;
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
  readonly #skipLog: SkipLog;
  readonly #stopping = new AbortController();
  /** Paths that cannot be read, as last delivered. */
  #toldPaths = "";
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
    this.#skipLog = new SkipLog(options.logger);
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

  /** `file:line:column` of a field of an object, or null for one that is in no file. */
  placeOf(source: SourceRef, field: string): string | null {
    return this.#files.placeOf(formatSource(source), field);
  }

  /** The Services as they were last read. */
  get services(): readonly Service[] {
    return this.#objects.filter((object) => object.kind === "Service");
  }

  async stop(): Promise<void> {
    this.#listener = null;
    this.#stopping.abort();
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
    const paths = JSON.stringify([...scan.missing, ...scan.unrendered]);
    if (changed.length === 0 && paths === this.#toldPaths && this.#delivered) return;
    this.#toldPaths = paths;
    const first = !this.#delivered;
    this.#deliver(this.#listener, scan);
    if (!first && changed.length > 0) this.#options.onReread?.(changed);
  }

  /** The files with something new to deliver. What takes objects away is believed only once the files have settled. */
  async #readChanged(scan: Scan): Promise<readonly string[]> {
    const gone = this.#files.missingFrom(scan.files.map((file) => file.path));
    if (!gone.map((path) => this.#settling.isSettled(path, "gone")).every(Boolean)) {
      this.#lookAgain();
      return [];
    }
    for (const path of gone) {
      this.#files.forget(path);
      this.#stamps.delete(path);
    }
    const changed = [...gone];
    for (const file of scan.files) {
      if (this.#stamps.get(file.path) !== file.stamp && (await this.#readFile(file))) changed.push(file.path);
    }
    return changed;
  }

  async #readFile({ path, stamp }: FoundFile): Promise<boolean> {
    const text = stamp === STDIN ? await this.#readStdin() : await readText(path);
    if (text === null) return false;
    const { content, removes } = this.#files.read(path, text);
    if (removes && !this.#settling.isSettled(path, stamp)) return this.#lookAgain();
    this.#stamps.set(path, stamp);
    this.#files.put(path, content);
    return true;
  }

  /** Null when we are stopped before its end has come. */
  async #readStdin(): Promise<string | null> {
    const { readStdin, logger } = this.#options;
    const { signal } = this.#stopping;
    if (signal.aborted) return null;
    logger.info({}, "waiting for the end of standard input");
    try {
      return readStdin === undefined ? "" : await readStdin(signal);
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error }, "could not read standard input");
      return signal.aborted ? null : "";
    }
  }

  #lookAgain(): false {
    this.#folders?.notice();
    return false;
  }

  #deliver(listener: SourceListener, scan: Scan): void {
    const { objects, problems, skipped, foreign } = this.#files.summarise(scan.files.map((file) => file.path));
    for (const [path, reason] of scan.missing) problems.set(`File ${path}`, [missingProblem(path, reason)]);
    for (const [path, command] of scan.unrendered) problems.set(`Folder ${path}`, [unrenderedProblem(path, command)]);
    this.#delivered = true;
    this.#objects = objects;
    const byKind = Map.groupBy(objects, (object) => object.kind);
    for (const kind of KINDS) listener.replace(kind, byKind.get(kind) ?? []);
    for (const key of this.#toldProblems) if (!problems.has(key)) listener.problems(key, []);
    for (const [key, list] of problems) listener.problems(key, list);
    this.#toldProblems = new Set(problems.keys());
    for (const kind of KINDS) listener.synced(kind);
    this.#skipLog.tellKinds(skipped);
    this.#skipLog.tellForeign(foreign);
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

export function openFileSource(options: FileSourceOptions): FileSource {
  return new FileSource(options);
}
