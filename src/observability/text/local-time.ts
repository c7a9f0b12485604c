const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const FORMATS = { time_local: formatLocal, time_iso8601: formatIso } as const;

/** nginx's `$time_local` (`02/Jan/2006:15:04:05 +0000`) or `$time_iso8601` (`2006-01-02T15:04:05+00:00`) in UTC, formatted once a second. */
export class LocalTime {
  readonly #format: (date: Date) => string;
  #second = -1;
  #text = "";

  constructor(format: keyof typeof FORMATS) {
    this.#format = FORMATS[format];
  }

  format(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = this.#format(new Date(second * 1000));
    }
    return this.#text;
  }
}

function formatLocal(date: Date): string {
  const day = two(date.getUTCDate());
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day}/${MONTHS[date.getUTCMonth()] ?? ""}/${date.getUTCFullYear()}:${time} +0000`;
}

function formatIso(date: Date): string {
  return `${date.toISOString().slice(0, 19)}+00:00`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `2006-01-02T15:04:05.000Z`: of program log lines. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
