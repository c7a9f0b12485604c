import { beforeEach, describe, expect, test } from "vitest";
import { createProblemLog } from "../../src/cli/problem-log.ts";
import type { LogFields, Logger } from "../../src/lib/logger.ts";
import type { Problem } from "../../src/model/problem.ts";

const lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[] = [];
const write = (level: string) => (fields: LogFields, message: string) => {
  lines.push({ level, fields, message });
};
const logger: Logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };

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
  test("names object, field, value, reason and what it costs", () => {
    createProblemLog(logger)(new Map([["Ingress shop/web", [aProblem()]]]));
    const fields = {
      object: "Ingress shop/web",
      field: "spec.rules[0].http.paths[0].backend",
      value: "web:81",
      reason: "PortNotFound",
    };
    expect(lines).toEqual([{ level: "error", fields, message: "Service shop/web has no port 81; it is not served" }]);
  });

  test("leaves out empty fields, and warns of warnings", () => {
    const warning = aProblem({ severity: "warning", field: "", value: "", effect: "none", message: "odd" });
    createProblemLog(logger)(new Map([["Ingress shop/web", [warning]]]));
    expect(lines).toEqual([
      { level: "warn", fields: { object: "Ingress shop/web", reason: "PortNotFound" }, message: "odd" },
    ]);
  });

  test("tells a problem once, however often its object changes", () => {
    const log = createProblemLog(logger);
    log(new Map([["Ingress shop/web", [aProblem()]]]));
    log(new Map([["Ingress shop/web", [aProblem(), aProblem({ message: "another" })]]]));
    expect(lines.map(({ message }) => message)).toEqual([
      "Service shop/web has no port 81; it is not served",
      "another; it is not served",
    ]);
  });

  test("says when the last problem is gone, and tells it again when it comes back", () => {
    const log = createProblemLog(logger);
    log(new Map([["Ingress shop/web", [aProblem()]]]));
    log(new Map([["Ingress shop/web", []]]));
    log(new Map([["Ingress shop/web", [aProblem()]]]));
    expect(lines.map(({ level }) => level)).toEqual(["error", "info", "error"]);
  });

  test("says nothing about an object that never had one", () => {
    createProblemLog(logger)(new Map([["Ingress shop/web", []]]));
    expect(lines).toEqual([]);
  });
});
