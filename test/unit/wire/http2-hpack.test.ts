import { describe, expect, test } from "vitest";
import { HpackDecoder } from "../../../src/wire/http2/hpack-decoder.ts";
import { blockBytesAtMost, encodeFields } from "../../../src/wire/http2/hpack-encoder.ts";
import { decodeHuffman } from "../../../src/wire/http2/huffman.ts";

const LIMITS = { fields: 100, bytes: 32_768 };

/** A block of literals that are not indexed. */
function literals(...fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name, "latin1"),
      Buffer.from([value.length]),
      Buffer.from(value, "latin1"),
    ]),
  );
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

function pairs(fields: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}`);
  return lines;
}

/** Three requests on one connection, from RFC 7541, appendix C.3 and, with Huffman coding, C.4. */
const REQUESTS = [
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
  [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
];

describe("the decoder", () => {
  test.each([
    [
      "plain",
      [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
      ],
    ],
    [
      "Huffman",
      [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ],
    ],
  ])("reads the requests of RFC 7541, %s", (_name, blocks) => {
    const decoder = new HpackDecoder(LIMITS);
    for (const [i, block] of blocks.entries()) {
      expect(decoder.decode(hex(block))).toBe("ok");
      expect(pairs(decoder.fields)).toEqual(REQUESTS[i]);
    }
  });

  test("forgets the oldest entries when the table is full", () => {
    const decoder = new HpackDecoder(LIMITS);
    // 100 literal fields with indexing of 2 + 100 + 32 bytes each: 30 stay.
    const value = "v".repeat(98);
    for (let i = 0; i < 100; i++) {
      const name = Buffer.from(`${String.fromCharCode(97 + (i % 26))}${i % 10}`);
      decoder.decode(Buffer.concat([Buffer.from([0x40, 2]), name, Buffer.from([98]), Buffer.from(value)]));
    }
    expect(decoder.decode(Buffer.from([0x80 | 62]))).toBe("ok");
    expect(decoder.fields[0]).toBe("v9");
    expect(decoder.decode(Buffer.from([0x80 | 92]))).toBe("ok");
    expect(decoder.decode(Buffer.from([0x80 | 93]))).toBe("broken");
  });

  test("an entry larger than the table empties it", () => {
    const decoder = new HpackDecoder(LIMITS);
    decoder.decode(hex("4001 6101 62"));
    const large = Buffer.concat([Buffer.from([0x40, 1, 0x63, 0x7f, 0x81, 0x26]), Buffer.alloc(127 + 4865, 0x78)]);
    expect(decoder.decode(large)).toBe("ok");
    expect(decoder.decode(Buffer.from([0x80 | 62]))).toBe("broken");
  });

  test("a new table size comes first in a block or never", () => {
    expect(new HpackDecoder(LIMITS).decode(hex("20 82"))).toBe("ok");
    expect(new HpackDecoder(LIMITS).decode(hex("82 20"))).toBe("broken");
  });

  test.each([
    ["a value that ends too early", "0001 6105 62"],
    ["a name that is missing", "40"],
    ["index 0", "80"],
    ["Huffman text with the end-of-string symbol", "0001 6184 ffff ffff"],
    ["Huffman text with eight bits of padding", "0001 6182 1fff"],
    ["Huffman text padded with zeros", "0001 6181 18"],
  ])("%s breaks it", (_name, block) => {
    expect(new HpackDecoder(LIMITS).decode(hex(block))).toBe("broken");
  });

  test("too many fields are counted, not kept", () => {
    const decoder = new HpackDecoder({ fields: 3, bytes: 1000 });
    expect(decoder.decode(Buffer.alloc(50, 0x82))).toBe("too-large");
    expect(decoder.fields).toHaveLength(6);
    expect(decoder.decode(Buffer.from([0x82]))).toBe("ok");
  });

  test("H2-22 an indexed field counts as much as HTTP/1.1 would write, each time", () => {
    const decoder = new HpackDecoder({ fields: 100, bytes: 19 });
    expect(decoder.decode(hex("4001 6100 bebe"))).toBe("ok");
    expect(decoder.decode(hex("bebe bebe"))).toBe("too-large");
  });

  test("crumbs of a cookie are one field where the first of them stood, however many they are", () => {
    const decoder = new HpackDecoder({ fields: 3, bytes: 1000 });
    const block = literals(["x-a", "1"], ["cookie", "a=1"], ["x-b", "2"], ["cookie", "b=2"], ["cookie", "c=3"]);
    expect(decoder.decode(block)).toBe("ok");
    expect(pairs(decoder.fields)).toEqual(["x-a: 1", "cookie: a=1; b=2; c=3", "x-b: 2"]);
    expect(decoder.decode(literals(["cookie", "d=4"]))).toBe("ok");
    expect(pairs(decoder.fields)).toEqual(["cookie: d=4"]);
  });

  test("H2-22 crumbs count with what joins them, empty ones too", () => {
    const crumbs = Array.from({ length: 20 }, () => ["cookie", ""] as const);
    expect(new HpackDecoder({ fields: 3, bytes: 48 }).decode(literals(...crumbs))).toBe("ok");
    expect(new HpackDecoder({ fields: 3, bytes: 47 }).decode(literals(...crumbs))).toBe("too-large");
  });

  test("a malformed entry stays malformed when it is named by its index", () => {
    const decoder = new HpackDecoder(LIMITS);
    expect(decoder.decode(hex("4001 4101 62"))).toBe("malformed");
    expect(decoder.decode(Buffer.from([0x80 | 62]))).toBe("malformed");
  });
});

test("Huffman text may end in the middle of a byte, padded with ones", () => {
  // "0", "a" and "~" have 5, 5 and 13 bits: 00000 00011 1111111111101, and one bit of padding.
  expect(decodeHuffman(hex("00ff fb"), 0, 3)).toBe("0a~");
});

describe("the encoder", () => {
  function encode(fields: readonly string[]): Buffer {
    const target = Buffer.alloc(blockBytesAtMost(fields));
    return target.subarray(0, encodeFields(fields, target, 0));
  }

  test("names by index, values as they are, nothing into the table", () => {
    expect(encode([":status", "200", "content-type", "a/b", "x-y", "z"]).toString("hex")).toBe(
      hex("88 0f10 03 612f62 00 03 782d79 01 7a").toString("hex"),
    );
  });

  test("cookies are never to be indexed by anybody", () => {
    expect(encode(["set-cookie", "a=1"])[0]).toBe(0x1f);
  });

  test("a status outside the table", () => {
    expect(encode([":status", "418"]).toString("hex")).toBe(hex("08 03 343138").toString("hex"));
  });
});
