import { isSecret } from "../lib/secret.ts";
import { SHARD_KINDS } from "./delta.ts";
import { type ModelDelta, type ShardKind, SHARDS } from "./model.ts";

/**
 * The model as one JSON object, a kind of shards after the other, in the pieces it comes in; its version is that of the first. Of secrets
 * nothing is printed, of certificates what is known about them in place of their text. The pieces must come kind by kind.
 */
export function* printModel(pieces: Iterable<ModelDelta>): Generator<string> {
  const printer = new Printer();
  yield "{";
  for (const piece of pieces) yield printer.print(piece);
  yield `${printer.end()}\n}\n`;
}

/** Knows what was begun. */
class Printer {
  #table: ShardKind | null = null;
  #isFirst = true;

  print(piece: ModelDelta): string {
    const version = this.#isFirst ? `${this.#member("version")} ${piece.version}` : "";
    return version + SHARD_KINDS.map((kind) => this.#printKind(kind, [...piece[kind]])).join("");
  }

  /** Ends the table that is open. */
  end(): string {
    const text = this.#table === null ? "" : "\n}";
    this.#table = null;
    return text;
  }

  #printKind(kind: ShardKind, shards: readonly (readonly [id: string, shard: unknown])[]): string {
    if (shards.length === 0) return "";
    if (SHARDS[kind].count === "one") return `${this.#member(kind)} ${redacted(shards[0]?.[1])}`;
    const start = kind === this.#table ? "," : `${this.#member(kind)} {`;
    this.#table = kind;
    return start + shards.map(([id, shard]) => `\n${JSON.stringify(id)}: ${redacted(shard)}`).join(",");
  }

  #member(name: string): string {
    const start = `${this.end()}${this.#isFirst ? "" : ","}\n${JSON.stringify(name)}:`;
    this.#isFirst = false;
    return start;
  }
}

function redacted(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (isSecret(part)) return "(secret)";
    return key === "certPem" ? undefined : part;
  });
}
