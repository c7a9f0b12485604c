import { describe, expect, test } from "vitest";
import { transferCodingError } from "../../../src/wire/http/field-values.ts";

describe("a Transfer-Encoding value", () => {
  test.each(["chunked", "CHUNKED", "Chunked"])("%s is the one coding that is accepted", (value) => {
    expect(transferCodingError(value)).toBeNull();
  });

  test.each(["gzip", "gzip, chunked", "chunked;q=1", "x ; a=b\t,\tchunked", "identity"])(
    "%j is well-formed and not implemented",
    (value) => {
      expect(transferCodingError(value)?.status).toBe(501);
    },
  );

  test.each(["", ",", "chunked,", ",chunked", '"chunked"', "chun ked", ";q=1", "\xa0chunked"])(
    "%j is malformed",
    (value) => {
      expect(transferCodingError(value)?.status).toBe(400);
    },
  );

  // The test ends at all only when reading takes linear time: backtracking over these blanks would outlive the universe.
  test.each([`${`x;${" ".repeat(30)},`.repeat(500)}@`, `x${" ;".repeat(8000)},@`, `x${" ".repeat(16_000)}@`])(
    "a hostile value is judged without backtracking",
    (value) => {
      expect(transferCodingError(value)?.status).toBe(400);
    },
  );
});
