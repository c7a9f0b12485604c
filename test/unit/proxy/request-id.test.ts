import { expect, test } from "vitest";
import { RequestIds } from "../../../src/proxy/request/request-id.ts";

test("request ids are 32 hexadecimal digits, and no two are the same over many batches", () => {
  const source = new RequestIds(Math.random);
  const ids = Array.from({ length: 10_000 }, () => source.next());
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

test("every digit of a request id is random", () => {
  const source = new RequestIds(Math.random);
  const ids = Array.from({ length: 1_000 }, () => source.next());
  for (let at = 0; at < 32; at++) expect(new Set(ids.map((id) => id[at])).size).toBe(16);
});
