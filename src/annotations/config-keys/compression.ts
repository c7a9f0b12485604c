import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { at, type ConfigKey, Keys } from "../entries/config-key.ts";
import { parseIntAtLeast } from "../entries/value-parsers.ts";

const keys = new Keys({ group: "HTTP features" });

/** Half a sentence for the two switches. */
const DIFFERS = {
  kind: "differs",
  how: "an answer with `Cache-Control: no-transform` stays as it is, and so do those beyond 128 at once in a worker; `*` and weights in Accept-Encoding count",
} as const;

/** Answers in gzip and brotli. */
export const COMPRESSION_KEYS: readonly ConfigKey[] = [
  keys.bool(at("translation", "gzip", "enabled"), {
    name: "use-gzip",
    fallback: "false",
    status: DIFFERS,
    doc: "Compresses answers 200, 403 and 404 for clients that take gzip. Over TLS the length of an answer then tells of its content: leave it off where pages hold a secret beside text that a stranger can choose (BREACH), or let them send `Cache-Control: no-transform`.",
  }),
  keys.key(at("translation", "gzip", "level"), parseLevel(1, 9), {
    name: "gzip-level",
    type: "int",
    fallback: "1",
    doc: "Effort, 1 to 9.",
  }),
  keys.int(at("translation", "gzip", "minLengthBytes"), 0, {
    name: "gzip-min-length",
    fallback: "256",
    doc: "Bytes of the smallest answer that is compressed. One whose length is not known always is, and is flushed after each burst.",
  }),
  keys.key(at("translation", "gzip", "types"), parseTypes, {
    name: "gzip-types",
    type: "list",
    fallback: "17 types",
    doc: "Media types between spaces, besides `text/html`; `*` is every type.",
  }),
  keys.bool(at("translation", "brotli", "enabled"), {
    name: "enable-brotli",
    fallback: "false",
    status: DIFFERS,
    doc: "Compresses with brotli for clients that weigh it no less than gzip. As for `use-gzip`, BREACH is to be thought of.",
  }),
  keys.key(at("translation", "brotli", "level"), parseLevel(0, 11), {
    name: "brotli-level",
    type: "int",
    fallback: "4",
    doc: "Effort, 0 to 11. An answer on its way takes about 2 MB of memory at 4, and 7 MB at 11; up to 128 of them are compressed at once in a worker.",
  }),
  keys.int(at("translation", "brotli", "minLengthBytes"), 0, {
    name: "brotli-min-length",
    fallback: "20",
    doc: "Bytes of the smallest answer that is compressed with brotli.",
  }),
  keys.key(at("translation", "brotli", "types"), parseTypes, {
    name: "brotli-types",
    type: "list",
    fallback: "18 types",
    doc: "Media types between spaces, besides `text/html`; `*` is every type.",
  }),
];

function parseLevel(least: number, most: number): (text: string) => Result<number> {
  return (text) => {
    const level = parseIntAtLeast(least)(text);
    return level.ok && level.value <= most ? level : err(`expected a whole number from ${least} to ${most}`);
  };
}

const TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/;
const MAX_TYPES = 256;

/** In lower case and without duplicates. */
function parseTypes(text: string): Result<"any" | readonly string[]> {
  const types = text.toLowerCase().split(/\s+/, MAX_TYPES + 1);
  const all = [...new Set(types)].filter((type) => type !== "");
  if (all.includes("*")) return ok("any");
  if (types.length > MAX_TYPES) return err(`expected at most ${MAX_TYPES} media types`);
  const bad = all.find((type) => !TYPE.test(type));
  if (bad !== undefined) return err(`"${printable(bad)}" is not a media type`);
  return all.length === 0 ? err("expected media types between spaces, or *") : ok(all);
}
