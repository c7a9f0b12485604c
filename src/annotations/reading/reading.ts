import { printable } from "../../lib/printable.ts";
import type { Problem } from "../../model/problem.ts";
import type { TranslationSettings } from "../../model/settings.ts";
import type { SourceRef } from "../../model/source.ts";
import type { AnnotationEntry } from "../entries/entry.ts";
import { type Finding, toProblem } from "../entries/finding.ts";

/** What is known of an Ingress while its annotations are read. */
export interface IngressContext {
  /** `--annotations-prefix`, without slash. */
  readonly prefix: string;
  readonly source: SourceRef;
  /** Supplies the defaults that the ConfigMap may change. */
  readonly settings: TranslationSettings;
}

/** The annotations of one Ingress, and what was found in them so far. */
export interface Reading {
  /** Under their whole keys. */
  readonly annotations: ReadonlyMap<string, string>;
  /** Those under our prefix, without it. */
  readonly own: ReadonlyMap<string, string>;
  readonly context: IngressContext;
  readonly problems: Problem[];
  /** One sentence for each annotation that closes the Ingress, with its name. */
  readonly closed: ClosedBy[];
}

interface ClosedBy {
  readonly name: string;
  readonly message: string;
}

/** What is to be said about one key, and the word for the Event. */
export interface KeyFinding {
  readonly finding: Finding;
  readonly reason: string;
}

/** Notes a problem with the key, and what it closes. */
export function report(reading: Reading, key: string, { finding, reason }: KeyFinding): void {
  const field = `metadata.annotations[${printable(key)}]`;
  const value = reading.annotations.get(key) ?? "";
  const message = `${printable(key)}: ${finding.message}`;
  const { source, prefix } = reading.context;
  const problem = toProblem({ ...finding, message }, { source, field, value, reason }, "ignored");
  reading.problems.push(problem);
  if (problem.effect === "closed") reading.closed.push({ name: key.slice(prefix.length + 1), message });
}

/** What stands under our prefix, without it: most Ingresses of a large cluster have few or none. */
export function ownAnnotations(annotations: ReadonlyMap<string, string>, prefix: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const [key, value] of annotations) {
    if (key.startsWith(`${prefix}/`)) own.set(key.slice(prefix.length + 1), value);
  }
  return own;
}

/** The canonical key's value, or that of an alias where the canonical one is absent or empty; the name is that which has it. */
export function findValue(
  own: ReadonlyMap<string, string>,
  entry: AnnotationEntry,
): { readonly name: string; readonly value: string } | null {
  const value = own.get(entry.name);
  if (value !== undefined && (value !== "" || entry.aliases.length === 0)) return { name: entry.name, value };
  const alias = entry.aliases.find((name) => (own.get(name) ?? "") !== "");
  return alias === undefined ? null : { name: alias, value: own.get(alias) ?? "" };
}

/** ingress-nginx's normalisation of strings. */
export function trimLines(value: string): string {
  if (!value.includes("\n")) return value.trim();
  return value
    .split("\n")
    .map((line) => line.trim())
    .join("\n");
}
