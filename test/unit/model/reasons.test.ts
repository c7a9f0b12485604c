import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { REASONS, reasonOf } from "../../../src/model/reasons.ts";
import { ERRORS } from "../../../src/proxy/answers/errors.ts";
import { toUpstreamFailure } from "../../../src/upstream/send/retry.ts";
import { HEAD_ERRORS } from "../../../src/wire/http/refusals.ts";

const SRC = resolve(import.meta.dirname, "../../../src");
/** Where codes are made. */
const SOURCES = ["wire", "router", "upstream", "proxy"];
/** A code as it stands in the source: in an object, as an argument of what makes an error, or as one of two. */
const CODE = /\b(?:code: |bad\(|turnAway\(\{ code: |err\()"([a-z][a-z0-9.-]*)"/g;
/** `WireError["code"]`, which becomes a code of `toUpstreamFailure`, and what is no code at all. */
const OF_THE_WIRE = new Set(["closed", "aborted", "read-timeout", "send-timeout", "too-large"]);

function codesInSource(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of SOURCES) {
    for (const file of readdirSync(join(SRC, folder), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      for (const [, code = ""] of readFileSync(join(SRC, folder, file), "utf8").matchAll(CODE)) {
        found.set(code, `src/${folder}/${file}`);
      }
    }
  }
  return found;
}

describe("the table of reasons", () => {
  test("has words for every code that the source makes", () => {
    const codes = [...codesInSource()].filter(([code]) => !OF_THE_WIRE.has(code));
    expect(codes.length).toBeGreaterThan(60);
    const without = codes.filter(([code]) => !Object.hasOwn(REASONS, code)).map(([code, file]) => `${code} (${file})`);
    expect(without, "add these to src/model/reasons.ts").toEqual([]);
  });

  test("has words for every error of the tables", () => {
    const failures = ["connect-refused", "connect-timeout", "tls-failed", "reset", "closed", "malformed"] as const;
    const codes = [
      ...Object.values(HEAD_ERRORS).map(({ code }) => code),
      ...Object.values(ERRORS).map(({ code }) => code),
      ...failures.map(
        (code) => toUpstreamFailure({ code, detail: "", requestSent: true, responseStarted: true }, true).code,
      ),
    ];
    expect(codes.filter((code) => !Object.hasOwn(REASONS, code))).toEqual([]);
  });

  test("has no row that nothing leads to", () => {
    const text = SOURCES.flatMap((folder) =>
      readdirSync(join(SRC, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => readFileSync(join(SRC, folder, file), "utf8")),
    ).join("\n");
    expect(Object.keys(REASONS).filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });

  test.each(Object.entries(REASONS))("tells of %s what it means and what helps", (_code, { means, advice }) => {
    expect(means).toMatch(/^\S.*[^.]$/);
    expect(advice).toMatch(/^\S.*[.]$/);
  });

  test("lets a code without words stand for itself", () => {
    expect(reasonOf("brand-new")).toEqual({ level: "notice", means: "brand-new", advice: "" });
    expect(reasonOf("toString").means).toBe("toString");
  });
});
