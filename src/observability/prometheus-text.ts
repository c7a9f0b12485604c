import { HISTOGRAMS, requestCount, type HistogramSlot } from "./request-cell.ts";
import type { SeriesTotal } from "./series-totals.ts";

/** Prefix of every metric that ingress-nginx has as well: dashboards and alerts keep working. */
export const PREFIX = "nginx_ingress_controller_";

/** Series printed in one piece: about 100 kB of text, so that a scrape of many routes does not hold up the traffic. */
const SERIES_PER_PIECE = 32;

/** Labels in Prometheus text format 0.0.4: backslash, quote and line feed are escaped. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}

/** The request counter and all histograms, in pieces between which the caller may let others work. */
export function* printRequestMetrics(series: readonly SeriesTotal[]): Generator<string> {
  yield header("requests", "The total number of client requests", "counter");
  yield* inPieces(series, ({ labels, cell }) => `${PREFIX}requests{${labels}} ${requestCount(cell)}\n`);
  for (const histogram of HISTOGRAMS) {
    yield header(histogram.name, histogram.help, "histogram");
    yield* inPieces(series, (one) => printHistogram(histogram, one));
  }
}

function* inPieces(series: readonly SeriesTotal[], print: (one: SeriesTotal) => string): Generator<string> {
  for (let start = 0; start < series.length; start += SERIES_PER_PIECE) {
    yield series
      .slice(start, start + SERIES_PER_PIECE)
      .map(print)
      .join("");
  }
}

/** Nothing for a histogram without observations: a route that never reached an upstream has no upstream times. */
function printHistogram({ name, bounds, offset }: HistogramSlot, { labels, cell }: SeriesTotal): string {
  let text = "";
  let cumulative = 0;
  for (let i = 0; i <= bounds.length; i++) {
    cumulative += cell[offset + i] ?? 0;
    text += `${PREFIX}${name}_bucket{${labels},le="${bounds[i] ?? "+Inf"}"} ${cumulative}\n`;
  }
  if (cumulative === 0) return "";
  const sum = cell[offset + bounds.length + 1] ?? 0;
  return `${text}${PREFIX}${name}_sum{${labels}} ${sum}\n${PREFIX}${name}_count{${labels}} ${cumulative}\n`;
}

function header(name: string, help: string, type: "counter" | "histogram"): string {
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
