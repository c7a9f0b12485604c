/** 32 hexadecimal digits, as nginx's `$request_id`. Identifies a request in logs; it is no secret. */
export function newRequestId(random: () => number): string {
  return word(random) + word(random) + word(random) + word(random);
}

function word(random: () => number): string {
  return Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, "0");
}
