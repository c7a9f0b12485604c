import fc from "fast-check";
import { expect, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  FRAME,
  getFields,
  H2RawClient,
  headers,
} from "../support/clients/h2-raw-client.ts";
import { openH2Server } from "../support/servers/h2-server.ts";
import { RecordingAcceptor } from "../support/servers/recording-acceptor.ts";

const block = fieldBlock(getFields({ ":method": "POST" }));
const stream = fc.constantFrom(0, 1, 3, 5, 2);
const payload = fc.oneof(
  fc.constantFrom(block, block.subarray(0, 9), Buffer.alloc(8), Buffer.from([0, 0, 0, 8]), Buffer.from([0, 0, 0, 0])),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const anyFrame = fc.record({ type: fc.nat(12), flags: fc.constantFrom(0, 1, 4, 5, 8, 32, 45, 255), stream, payload });
const likelyFrame = fc.record({
  type: fc.constantFrom(FRAME.headers, FRAME.data, FRAME.reset, FRAME.windowUpdate),
  flags: fc.constantFrom(0, END_STREAM, END_HEADERS, END_STREAM | END_HEADERS),
  stream: fc.constantFrom(1, 3, 5),
  payload,
});

test("no sequence of frames hurts anybody but its own connection", async () => {
  const acceptor = new RecordingAcceptor((request) => {
    request.stream.resumeBody();
    request.stream.sendHead(200, new HeaderList(), 2);
    request.stream.write(Buffer.from("ok"));
    if (request.stream.request.method === "GET") request.stream.end(null);
  });
  await using server = await openH2Server(acceptor);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(anyFrame, likelyFrame), { maxLength: 20 }), async (frames) => {
      const hostile = await H2RawClient.open(server.port);
      hostile.write(...frames.map((one) => frame(one.type, one.flags, one.stream, one.payload)));
      await using client = await H2RawClient.open(server.port);
      client.write(headers(1, END_STREAM, getFields()));
      expect(await client.status(1)).toBe("200");
      await hostile[Symbol.asyncDispose]();
    }),
    { numRuns: 150 },
  );
  await server.whenAllClosed();
  await acceptor.until(() =>
    acceptor.requests.every((one) => one.closedBy !== null || one.stream.request.method === "GET"),
  );
});
