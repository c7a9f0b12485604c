import type { PaceFilter } from "../../model/filters/pace.ts";
import { ok, type Result } from "../../lib/result.ts";
import { at, Keys } from "../entries/config-key.ts";
import type { Parsed } from "../entries/entry.ts";
import { Fields } from "../entries/feature.ts";
import { parseIntAtLeast } from "../entries/value-parsers.ts";
import { parseLimit } from "./limits.ts";

type PaceFields = { -readonly [K in keyof PaceFilter]: PaceFilter[K] };

const pace = new Fields<PaceFields>({ group: "Rate limits" }, (settings) => ({ ...settings.pace }));
const keys = new Keys({ group: "Proxying, timeouts, retries", type: "int" });
const KIB = 1024;

/** Null: not slowed down. */
export const PACE = pace.feature({
  entries: [
    pace.number("bytesPerSecond", parseKib, {
      name: "limit-rate",
      risk: "low",
      value: "int, KiB/s",
      fallback: "ConfigMap `limit-rate`",
      doc: "Slows each response down to this rate; 0 does not. The first second's worth is sent at once.",
    }),
    pace.number("freeBytes", parseKib, {
      name: "limit-rate-after",
      risk: "low",
      value: "int, KiB",
      fallback: "ConfigMap `limit-rate-after`",
      doc: "Part of a response before `limit-rate` acts.",
    }),
  ],
  policy: (fields): PaceFilter | null => (fields.bytesPerSecond === 0 ? null : fields),
  keys: [
    keys.key(at("translation", "pace", "bytesPerSecond"), parseDefault, {
      name: "limit-rate",
      fallback: "0",
      doc: "KiB per second of a response; 0 is no limit.",
    }),
    keys.key(at("translation", "pace", "freeBytes"), parseDefault, {
      name: "limit-rate-after",
      fallback: "0",
      doc: "KiB of a response before `limit-rate` acts.",
    }),
  ],
});

function parseKib(text: string): Parsed<number> {
  const parsed = parseLimit(text);
  return parsed.ok ? { ...parsed, value: parsed.value * KIB } : parsed;
}

function parseDefault(text: string): Result<number> {
  const parsed = parseIntAtLeast(0)(text === "" ? "0" : text);
  return parsed.ok ? ok(parsed.value * KIB) : parsed;
}
