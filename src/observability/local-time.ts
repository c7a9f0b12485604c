const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** nginx's `$time_local` in UTC (`02/Jan/2006:15:04:05 +0000`), formatted once a second. */
export class LocalTime {
  #second = -1;
  #text = "";

  format(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = formatSecond(new Date(second * 1000));
    }
    return this.#text;
  }
}

function formatSecond(date: Date): string {
  const day = two(date.getUTCDate());
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day}/${MONTHS[date.getUTCMonth()] ?? ""}/${date.getUTCFullYear()}:${time} +0000`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
