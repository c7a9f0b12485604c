const HEX_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** 32 hexadecimal digits, as nginx's `$request_id`. Identifies a request in logs; it is no secret. */
export function newRequestId(random: () => number): string {
  return word(random()) + word(random()) + word(random()) + word(random());
}

/** Eight digits by table: `toString(16)` of numbers beyond 31 bits costs more than the rest of the headers together. */
function word(fraction: number): string {
  const bits = Math.floor(fraction * 0x1_0000_0000) | 0;
  return hexByte(bits >>> 24) + hexByte((bits >>> 16) & 0xff) + hexByte((bits >>> 8) & 0xff) + hexByte(bits & 0xff);
}

function hexByte(byte: number): string {
  return HEX_BYTES[byte] ?? "";
}
