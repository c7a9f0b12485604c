/** A TLS ClientHello built by hand: every part may be wrong. */
export function clientHello(
  serverName: string | null,
  options: { padBytes?: number; recordBytes?: number } = {},
): Buffer {
  const extensions = Buffer.concat([
    extension(0x0a0a, Buffer.alloc(1)),
    options.padBytes === undefined ? Buffer.alloc(0) : extension(21, Buffer.alloc(options.padBytes)),
    serverName === null ? Buffer.alloc(0) : extension(0, nameList(Buffer.from(serverName, "latin1"))),
    extension(43, Buffer.from([2, 3, 4])),
  ]);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    prefixed(1, Buffer.alloc(32, 9)),
    prefixed(2, Buffer.from([0x13, 0x01, 0x13, 0x02])),
    prefixed(1, Buffer.from([0])),
    prefixed(2, extensions),
  ]);
  return records(Buffer.concat([Buffer.from([1]), prefixed(3, body)]), options.recordBytes ?? 16_384);
}

function records(message: Buffer, recordBytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    parts.push(Buffer.from([22, 3, 1]), prefixed(2, message.subarray(at, at + recordBytes)));
  }
  return Buffer.concat(parts);
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), prefixed(2, body)]);
}

function nameList(name: Buffer): Buffer {
  return prefixed(2, Buffer.concat([Buffer.from([0]), prefixed(2, name)]));
}

function prefixed(width: number, body: Buffer): Buffer {
  const length = Buffer.alloc(width);
  length.writeUIntBE(body.length, 0, width);
  return Buffer.concat([length, body]);
}
