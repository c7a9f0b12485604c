import { type FSWatcher, watch } from "node:fs";
import { resolve } from "node:path";

export interface FolderWatchOptions {
  /** From the first notice to `onChange`: editors write, rename and touch in quick succession. */
  readonly debounceMs: number;
  /** `onChange` is also called this often: some file systems (network, container mounts) send no notices at all. */
  readonly pollMs: number;
  /** Replaces `fs.watch` in tests. */
  readonly watch?: typeof watch;
  onChange(): void;
}

/** Notices that something in a set of folders may have changed. Where the system cannot watch, polling alone must do. */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #debounce: NodeJS.Timeout | null = null;
  #poll: NodeJS.Timeout | null;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#poll = setInterval(() => options.onChange(), options.pollMs);
  }

  /** Watches exactly these. True when a folder was added, whose content may have changed unseen before. */
  watch(folders: ReadonlySet<string>): boolean {
    const wanted = new Set([...folders].map((folder) => resolve(folder)));
    for (const [folder, watcher] of this.#watchers) if (!wanted.has(folder)) this.#drop(folder, watcher);
    const before = this.#watchers.size;
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#add(folder);
    return this.#watchers.size > before;
  }

  /** Makes a look follow soon. */
  notice(): void {
    this.#debounce ??= setTimeout(() => {
      this.#debounce = null;
      if (this.#poll !== null) this.#options.onChange();
    }, this.#options.debounceMs);
  }

  close(): void {
    if (this.#poll !== null) clearInterval(this.#poll);
    if (this.#debounce !== null) clearTimeout(this.#debounce);
    this.#poll = null;
    this.#debounce = null;
    for (const [folder, watcher] of this.#watchers) this.#drop(folder, watcher);
  }

  #add(folder: string): void {
    try {
      const watcher = (this.#options.watch ?? watch)(folder, () => this.notice());
      watcher.on("error", () => this.#drop(folder, watcher));
      this.#watchers.set(folder, watcher);
    } catch {
      // No watch to be had (limits, odd file systems): polling sees the changes, only later.
    }
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
  }
}
