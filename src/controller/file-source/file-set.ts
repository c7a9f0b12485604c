import { keyOf, kindAndKey } from "../../kubernetes/object-key.ts";
import type { KubernetesObject } from "../../kubernetes/objects.ts";
import type { Problem } from "../../model/problem.ts";
import { duplicateProblem, type FileContent, readFileContent, refOf, withCreation } from "./read-file.ts";

export interface FileSummary {
  readonly objects: readonly KubernetesObject[];
  readonly problems: Map<string, readonly Problem[]>;
  readonly skipped: readonly string[];
  readonly foreign: readonly string[];
}

export interface NewContent {
  readonly content: FileContent;
  /** An object that the file held is in it no longer. */
  readonly removes: boolean;
}

/** Room for the objects of one file in the order of creation times. */
const FILE_STEP_MS = 1_000_000;

/** What all files say, each with the last good version of its parts. Pure bookkeeping, no I/O. */
export class FileSet {
  readonly #contents = new Map<string, FileContent>();
  /** The file that each object comes from. */
  #placed = new Map<string, string>();

  has(path: string): boolean {
    return this.#contents.has(path);
  }

  /** What a file's new text would make of it. Parts that are broken now keep what they said before. */
  read(path: string, text: string): NewContent {
    const before = this.#contents.get(path)?.objects ?? new Map<string, KubernetesObject>();
    const now = readFileContent(text, path);
    const kept = [...before].filter(
      ([key, object]) => (now.broken && !now.objects.has(key)) || (now.unreadable.has(key) && !isRefused(object)),
    );
    for (const [key, closed] of now.unreadable) {
      if (closed !== null && !now.objects.has(key) && kept.every(([other]) => other !== key)) kept.push([key, closed]);
    }
    const objects = kept.length === 0 ? now.objects : inOrderOf(before, new Map([...now.objects, ...kept]));
    const places = kept.length === 0 ? now.places : this.#keptPlaces(path, now);
    return { content: { ...now, objects, places }, removes: before.keys().some((key) => !objects.has(key)) };
  }

  /** What is kept from before has no better places than those from before. */
  #keptPlaces(path: string, now: FileContent): FileContent["places"] {
    return new Map([...(this.#contents.get(path)?.places ?? []), ...now.places]);
  }

  /** `file:line:column` of a field of an object (`Kind namespace/name`) as it was last read; null where it is in no file. */
  placeOf(object: string, field: string): string | null {
    const at = this.#placed.get(object);
    const places = at === undefined ? undefined : this.#contents.get(at)?.places.get(object);
    return places === undefined ? null : `${at}:${places.placeOf(field)}`;
  }

  #duplicate(object: KubernetesObject, earlier: string, path: string): Problem {
    const name = kindAndKey(object.kind, keyOf(object));
    const placeIn = (file: string): string =>
      `${file}:${this.#contents.get(file)?.places.get(name)?.placeOf("metadata.name") ?? ""}`;
    return duplicateProblem(refOf(object), placeIn(earlier), placeIn(path));
  }

  put(path: string, content: FileContent): void {
    this.#contents.set(path, content);
  }

  /** Files that were read but are not among these. */
  missingFrom(paths: readonly string[]): readonly string[] {
    const wanted = new Set(paths);
    return [...this.#contents.keys()].filter((path) => !wanted.has(path));
  }

  forget(path: string): void {
    this.#contents.delete(path);
  }

  /** Objects without a creation time get one by their place, so that precedence is order in the files. */
  summarise(order: readonly string[]): FileSummary {
    const objects = new Map<string, KubernetesObject>();
    const problems = new Map<string, readonly Problem[]>();
    const skipped: string[] = [];
    const foreign: string[] = [];
    const add = (key: string, list: readonly Problem[]): void =>
      void problems.set(key, [...(problems.get(key) ?? []), ...list]);
    this.#placed = new Map();
    for (const [fileIndex, path] of order.entries()) {
      const content = this.#contents.get(path);
      if (content === undefined) continue;
      let place = 0;
      for (const object of content.objects.values()) {
        place++;
        const name = kindAndKey(object.kind, keyOf(object));
        const earlier = this.#placed.get(name);
        if (earlier !== undefined) add(name, [this.#duplicate(object, earlier, path)]);
        objects.set(name, withCreation(object, (fileIndex + 1) * FILE_STEP_MS + place));
        this.#placed.set(name, path);
      }
      for (const [key, list] of content.problems) add(key, list);
      skipped.push(...content.skipped);
      foreign.push(...content.foreign);
    }
    return { objects: [...objects.values()], problems, skipped, foreign };
  }
}

function isRefused(object: KubernetesObject): boolean {
  return object.kind === "Ingress" && object.refused !== undefined;
}

/** Keeps the places of what was there before, so that a slip of the pen in one object does not reorder the others. */
function inOrderOf(
  before: ReadonlyMap<string, KubernetesObject>,
  objects: ReadonlyMap<string, KubernetesObject>,
): ReadonlyMap<string, KubernetesObject> {
  const ordered = new Map<string, KubernetesObject>();
  for (const key of before.keys()) {
    const object = objects.get(key);
    if (object !== undefined) ordered.set(key, object);
  }
  for (const [key, object] of objects) ordered.set(key, object);
  return ordered;
}
