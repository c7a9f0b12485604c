let second = -1;
let date = "";
let line = "";

/** `Date` field line of now (RFC 9110 §6.6.1), formatted once a second. */
export function dateLine(nowMs: number): string {
  format(nowMs);
  return line;
}

/** The same without name and line end. */
export function httpDate(nowMs: number): string {
  format(nowMs);
  return date;
}

function format(nowMs: number): void {
  const now = Math.floor(nowMs / 1000);
  if (now === second) return;
  second = now;
  date = new Date(now * 1000).toUTCString();
  line = `Date: ${date}\r\n`;
}
