import { describe, expect, test } from "vitest";
import { connectFailure } from "../../../src/wire/socket/dial.ts";

describe("a connection that could not be opened", () => {
  test.each([
    ["ECONNREFUSED", "connect-refused"],
    ["ETIMEDOUT", "connect-timeout"],
    ["EMFILE", "no-descriptors"],
    ["ENFILE", "no-descriptors"],
  ])("with %s has the code %s in both protocols", (systemCode, code) => {
    expect(connectFailure(systemError(systemCode), "tls-failed")).toEqual({ code, detail: systemCode });
  });

  test("with another error has the code of its stage, and the system's code as detail", () => {
    expect(connectFailure(systemError("EHOSTUNREACH"), "connect-failed")).toEqual({
      code: "connect-failed",
      detail: "EHOSTUNREACH",
    });
  });

  test("without a code of the system has its message as detail", () => {
    expect(connectFailure(new Error("bad certificate"), "tls-failed")).toEqual({
      code: "tls-failed",
      detail: "bad certificate",
    });
  });

  test("to several addresses was refused when one of them refused it", () => {
    const failures = new AggregateError([systemError("ETIMEDOUT"), systemError("ECONNREFUSED")]);
    expect(connectFailure(failures, "connect-failed")).toMatchObject({ code: "connect-refused" });
  });
});

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`connect ${code}`), { code });
}
