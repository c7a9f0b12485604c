let second = -1;
let line = "";

/** `Date` field line of now (RFC 9110 §6.6.1), formatted once a second. */
export function dateLine(nowMs: number): string {
  const now = Math.floor(nowMs / 1000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
  }
  return line;
}
