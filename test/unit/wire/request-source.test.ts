import { expect, test } from "vitest";
import { RequestSource } from "../../../src/wire/http1/request-source.ts";

function receive(source: RequestSource, text: string): void {
  source.input.receive(Buffer.from(text, "latin1"), text.length);
}

function open(): RequestSource {
  return new RequestSource({ underscoresInHeaders: false });
}

const GET = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n";

test("nothing is known of a head before it was read, whatever was read on other connections", () => {
  const [one, other] = [open(), open()];
  receive(one, GET);
  one.readHead();
  expect([one.parser.method, one.parser.target]).toEqual(["GET", "/a"]);
  expect([other.parser.method, other.parser.target, other.parser.authority]).toEqual(["", "", ""]);
});

test("a head in pieces is read by itself while whole ones come on other connections", () => {
  const [slow, fast] = [open(), open()];
  receive(slow, "POST /slow HTTP/1.1\r\nHost: slow.test\r\nX-");
  expect(slow.readHead()?.done).toBe(false);
  expect(slow.headBegun).toBe(true);
  receive(fast, GET);
  expect(fast.readHead()?.done).toBe(true);
  receive(slow, "A: 1\r\n\r\n");
  expect(slow.readHead()?.done).toBe(true);
  expect([slow.parser.method, slow.parser.target, slow.parser.authority]).toEqual(["POST", "/slow", "slow.test"]);
  expect([...slow.parser.fields.headers]).toEqual([["X-A", "1"]]);
});

test("the next head of a connection knows nothing of the one before", () => {
  const source = open();
  receive(source, GET);
  source.readHead();
  source.next();
  expect([source.parser.method, source.headBegun, source.readHead()]).toEqual(["", false, null]);
});
