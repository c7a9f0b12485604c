import { connect } from "node:http2";
import { once } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import { HpackDecoder } from "../../src/wire/http2/hpack-decoder.ts";
import { blockBytesAtMost, encodeFields } from "../../src/wire/http2/hpack-encoder.ts";
import { openH2Server } from "../support/servers/h2-server.ts";
import { RecordingAcceptor } from "../support/servers/recording-acceptor.ts";

const LIMITS = { fields: 1000, bytes: 10_000_000 };
const name = fc.oneof(
  fc.constantFrom("content-type", "set-cookie", "x-a", "date", "etag"),
  fc.stringMatching(/^x-[a-z0-9-]{1,20}$/),
);
/** Every byte that a value may have, none of them a space at the ends. */
const value = fc
  .array(fc.oneof(fc.integer({ min: 0x21, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(0x20)))
  .map((codes) => String.fromCharCode(...codes).trim())
  .filter((text) => !/^\s|\s$/.test(text));
const fields = fc.array(fc.tuple(name, value), { maxLength: 20 });

test("what the encoder writes, the decoder reads", () => {
  const decoder = new HpackDecoder(LIMITS);
  fc.assert(
    fc.property(fields, (list) => {
      const flat = list.flat();
      const target = Buffer.alloc(blockBytesAtMost(flat));
      expect(decoder.decode(target.subarray(0, encodeFields(flat, target, 0)))).toBe("ok");
      expect(decoder.fields).toEqual(flat);
    }),
  );
});

test("no block throws, and the decoder always comes to a verdict", () => {
  const decoder = new HpackDecoder({ fields: 100, bytes: 32_768 });
  const verdicts = new Set<string>();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      verdicts.add(new HpackDecoder({ fields: 100, bytes: 32_768 }).decode(Buffer.from(bytes)));
      verdicts.add(decoder.decode(Buffer.from(bytes)));
    }),
    { numRuns: 2000 },
  );
  expect(verdicts.has("broken")).toBe(true);
});

test("a client with a table and a Huffman code of its own is understood, and understands", async () => {
  const acceptor = new RecordingAcceptor(({ stream }) => {
    stream.resumeBody();
    stream.sendHead(200, stream.request.headers, 0);
    stream.end(null);
  });
  await using server = await openH2Server(acceptor);
  const client = connect(`http://127.0.0.1:${server.port}`);
  client.on("error", () => {});
  try {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fields, async (list) => {
        const sent = list.filter(([field]) => field.startsWith("x-"));
        const raw = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a.test", ...sent.flat()];
        const stream = client.request(raw);
        const [, , got] = (await once(stream, "response")) as [unknown, number, string[]];
        stream.resume();
        const request = await acceptor.request(count);
        count++;
        expect([...request.stream.request.headers]).toEqual(sent);
        const back = HeaderList.from(pairsOf(got).filter(([field]) => field.startsWith("x-")));
        expect([...back]).toEqual(sent);
      }),
      { numRuns: 100 },
    );
  } finally {
    client.destroy();
  }
});

function pairsOf(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2] ?? "", flat[i * 2 + 1] ?? ""]);
}
