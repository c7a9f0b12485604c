import { beforeEach, describe, expect, test } from "vitest";
import { createProblemLog } from "../../../src/cli/problem-log.ts";
import type { LogFields, Logger } from "../../../src/lib/logger.ts";
import type { Problem } from "../../../src/model/problem.ts";

const lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[] = [];
const write = (level: string) => (fields: LogFields, message: string) => {
  lines.push({ level, fields, message });
};
const logger: Logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };

const FIELDS = { style: "fields", silent: new Set<string>() } as const;
const TEXT = { style: "text", silent: new Set<string>() } as const;

beforeEach(() => {
  lines.length = 0;
});

function aProblem(overrides: Partial<Problem> = {}): Problem {
  return {
    severity: "error",
    reason: "PortNotFound",
    source: { kind: "Ingress", namespace: "shop", name: "web" },
    field: "spec.rules[0].http.paths[0].backend",
    value: "web:81",
    message: "Service shop/web has no port 81",
    effect: "not-served",
    ...overrides,
  };
}

describe("the problem log", () => {
  test("gives machines object, field, value, reason and what it costs", () => {
    createProblemLog(logger, FIELDS)(new Map([["Ingress shop/web", [aProblem()]]]));
    const fields = {
      object: "Ingress shop/web",
      field: "spec.rules[0].http.paths[0].backend",
      value: "web:81",
      reason: "PortNotFound",
      effect: "not-served",
    };
    expect(lines).toEqual([{ level: "error", fields, message: "Service shop/web has no port 81" }]);
  });

  test.each<[Partial<Problem>, string]>([
    [{}, 'Ingress shop/web spec.rules[0].http.paths[0].backend "web:81": Service shop/web has no port 81 (not served)'],
    [{ field: "", value: "", message: "odd", effect: "none" }, "Ingress shop/web: odd"],
    [
      { value: "", message: "odd", effect: "closed" },
      "Ingress shop/web spec.rules[0].http.paths[0].backend: odd (its routes answer 503)",
    ],
    [
      // Control characters are escaped where the problem is made: not once more here.
      { value: String.raw`a\x1bb`, message: "odd", effect: "none" },
      String.raw`Ingress shop/web spec.rules[0].http.paths[0].backend "a\x1bb": odd`,
    ],
  ])("gives people one sentence, as for %j", (overrides, message) => {
    createProblemLog(logger, TEXT)(new Map([["Ingress shop/web", [aProblem(overrides)]]]));
    expect(lines).toEqual([{ level: "error", fields: {}, message }]);
  });

  test("says where in the files it lies, as its finder says or else as the files do", () => {
    const options = { ...TEXT, placeOf: ({ field }: Problem) => (field === "" ? null : "k8s/web.yaml:9:11") };
    const log = createProblemLog(logger, options);
    const file = { kind: "File", namespace: "", name: "k8s/web.yaml" };
    log(new Map([["a", [aProblem({ value: "", message: "odd", effect: "none" })]]]));
    log(new Map([["b", [aProblem({ field: "spec", value: "", message: "odd", effect: "none", at: "b.yaml:1:2" })]]]));
    log(
      new Map([["c", [aProblem({ source: file, field: "", value: "", message: "no YAML", at: "k8s/web.yaml:3:1" })]]]),
    );
    log(new Map([["d", [aProblem({ field: "", value: "", message: "odd", effect: "none" })]]]));
    expect(lines.map(({ message }) => message)).toEqual([
      "k8s/web.yaml:9:11: Ingress shop/web spec.rules[0].http.paths[0].backend: odd",
      "b.yaml:1:2: Ingress shop/web spec: odd",
      "k8s/web.yaml:3:1: no YAML (not served)",
      "Ingress shop/web: odd",
    ]);
  });

  test("does not tell a problem again because it moved in its file", () => {
    const log = createProblemLog(logger, TEXT);
    log(new Map([["Ingress shop/web", [aProblem({ at: "web.yaml:9:11" })]]]));
    log(new Map([["Ingress shop/web", [aProblem({ at: "web.yaml:12:11" })]]]));
    expect(lines).toHaveLength(1);
  });

  test("warns of warnings", () => {
    createProblemLog(logger, TEXT)(new Map([["Ingress shop/web", [aProblem({ severity: "warning" })]]]));
    expect(lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  test("tells a problem once, however often its object changes", () => {
    const log = createProblemLog(logger, FIELDS);
    log(new Map([["Ingress shop/web", [aProblem()]]]));
    log(new Map([["Ingress shop/web", [aProblem(), aProblem({ message: "another" })]]]));
    expect(lines.map(({ message }) => message)).toEqual(["Service shop/web has no port 81", "another"]);
  });

  test("says when the last problem is gone, and tells it again when it comes back", () => {
    const log = createProblemLog(logger, TEXT);
    log(new Map([["Ingress shop/web", [aProblem()]]]));
    log(new Map([["Ingress shop/web", []]]));
    log(new Map([["Ingress shop/web", [aProblem()]]]));
    expect(lines.map(({ level }) => level)).toEqual(["error", "info", "error"]);
  });

  test("keeps silent about the reasons it is told to", () => {
    const log = createProblemLog(logger, { style: "text", silent: new Set(["PortNotFound"]) });
    log(new Map([["Ingress shop/web", [aProblem()]]]));
    log(new Map([["Ingress shop/web", []]]));
    expect(lines).toEqual([]);
  });

  test("says nothing about an object that never had one", () => {
    createProblemLog(logger, TEXT)(new Map([["Ingress shop/web", []]]));
    expect(lines).toEqual([]);
  });
});
