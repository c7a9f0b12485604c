import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANNOTATIONS } from "../../src/annotations/annotations.ts";
import { readAnnotations, fieldOf } from "../support/builders/read-annotations.ts";

const names = ANNOTATIONS.flatMap(({ name, aliases }) => [name, ...aliases]);
const likely = fc.constantFrom(
  "true",
  "false",
  "1",
  "-1",
  "0",
  "",
  " ",
  "/",
  "/$1",
  "/$host",
  "cookie",
  "off",
  "on",
  "10m",
  "error timeout",
  "ewma",
  "10.0.0.0/8",
  "10.0.0.0/99",
  "a\nb",
  "a\r\nb",
  "\u0000",
  "GRPC",
  "HTTPS",
  "None",
  "x".repeat(20_000),
  "$",
  "(",
  "%00",
);
const value = fc.oneof(likely, fc.string(), fc.string({ unit: "binary" }), fc.nat().map(String));
const name = fc.oneof(fc.constantFrom(...names), fc.string(), fc.constantFrom("__proto__", "auth-x", "x-snippet"));
const annotations = fc.dictionary(name, value, { maxKeys: 12 });

describe("parseIngressAnnotations", () => {
  it("never throws and gives plain data, whatever the text", () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { policy, problems } = readAnnotations(given);
        expect(structuredClone(policy)).toEqual(policy);
        expect(structuredClone(problems)).toEqual(problems);
      }),
      { numRuns: 500 },
    );
  });

  it("names a key at most once, and only keys that were given", () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const fields = readAnnotations(given)
          .problems.filter(({ reason }) => reason !== "AnnotationQuestionable")
          .map(({ field }) => field);
        expect(new Set(fields).size).toBe(fields.length);
        expect(fields.length).toBeLessThanOrEqual(Object.keys(given).length);
      }),
      { numRuns: 500 },
    );
  });

  it("lets no control character into the policy, a message or a quoted value (HD-14)", () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { policy, problems } = readAnnotations(given);
        for (const text of stringsIn([policy, problems])) expect(text).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
      { numRuns: 500 },
    );
  });

  it("is closed exactly when a problem says so", () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { policy, problems } = readAnnotations(given);
        expect(policy.closed !== null).toBe(problems.some(({ effect }) => effect === "closed"));
      }),
      { numRuns: 500 },
    );
  });

  it("closes the Ingress for every access control that it cannot read or does not know", () => {
    const protecting = ANNOTATIONS.filter(({ protects, reader }) => protects === "access" && reader === null);
    fc.assert(
      fc.property(fc.constantFrom(...protecting), fc.string({ minLength: 1 }), annotations, (entry, text, others) => {
        fc.pre(text.trim() !== "" && !entry.isNoop(text.trim()));
        const { policy, problems } = readAnnotations({ ...others, [entry.name]: text });
        expect(policy.closed).toContain(entry.name);
        expect(problems.filter(({ field }) => field === fieldOf(entry.name))).toHaveLength(1);
      }),
    );
  });

  it("reads one annotation the same, whatever stands beside it", () => {
    const independent = ["rewrite-target", "use-regex", "app-root", "ssl-redirect", "proxy-body-size", "limit-rps"];
    fc.assert(
      fc.property(fc.constantFrom(...independent), value, annotations, (one, text, others) => {
        const alone = readAnnotations({ [one]: text });
        const together = readAnnotations({ ...others, [one]: text });
        const about = (problems: typeof alone.problems) => problems.filter(({ field }) => field === fieldOf(one));
        expect(about(together.problems)).toEqual(about(alone.problems));
      }),
    );
  });

  it("keeps numbers in their ranges", () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { limits, canary, timeouts, retry, bodyLimit } = readAnnotations(given).policy;
        for (const number of [
          limits.rps,
          limits.rpm,
          limits.connections,
          limits.burstMultiplier,
          bodyLimit?.maxBytes ?? 0,
        ]) {
          expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
        }
        for (const number of [timeouts.connectMs, timeouts.sendMs, timeouts.readMs]) {
          expect(number > 0 && number < 2 ** 31).toBe(true);
        }
        expect(retry.tries >= 1 && retry.tries <= 20).toBe(true);
        expect(canary === null || (canary.weight >= 0 && canary.weight <= canary.weightTotal)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
