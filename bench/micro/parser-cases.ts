import { HeadReader } from "../../src/wire/http1/head-reader.ts";
import { InputBuffer } from "../../src/wire/socket/input-buffer.ts";
import { RequestHeadParser } from "../../src/wire/http1/request-head.ts";
import { seededRandom } from "../../test/support/servers/upstream-fakes.ts";
import { expectSame, type MicroCase } from "./micro-case.ts";

const WRK_HEAD = "GET /small HTTP/1.1\r\nHost: localhost:8080\r\n\r\n";
const BROWSER_HEAD = [
  "GET /shop/cart?item=42&color=blue HTTP/1.1",
  "Host: shop.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-GB,en;q=0.7,de;q=0.3",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Connection: keep-alive",
  "Referer: https://shop.example.com/",
  "Cookie: session=f3b1c2d4e5a6978812345678; consent=all; _ga=GA1.2.1234567890.1700000000",
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
  "Priority: u=0, i",
  "\r\n",
].join("\r\n");

/** Request heads as bytes, to parsed heads. */
export function parserCases(): readonly MicroCase[] {
  return [
    { name: "parser: head of wrk", run: parseTimes([WRK_HEAD]) },
    { name: "parser: head of a browser, 13 fields", run: parseTimes([BROWSER_HEAD]) },
    { name: "parser: heads of 64 browsers in turn", run: parseTimes(variedHeads(64)) },
  ];
}

function variedHeads(count: number): readonly string[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, () =>
    BROWSER_HEAD.replace("item=42", `item=${Math.floor(random() * 1e6)}`).replace(
      "session=f3b1",
      `session=${Math.floor(random() * 1e9).toString(16)}`,
    ),
  );
}

function parseTimes(heads: readonly string[]): MicroCase["run"] {
  const chunks = heads.map((head) => Buffer.from(head, "latin1"));
  const parser = new RequestHeadParser({ underscoresInHeaders: false });
  const reader = new HeadReader(parser);
  const input = new InputBuffer();
  return (times) => {
    for (let i = 0; i < times; i++) {
      const chunk = chunks[i % chunks.length];
      if (chunk === undefined) return;
      parser.start();
      reader.start();
      input.receive(chunk, chunk.length);
      reader.read(input);
      if (!reader.done || input.length !== 0) throw new Error(`not parsed: ${reader.error?.code}`);
    }
    expectSame(parser.method, "GET");
  };
}
