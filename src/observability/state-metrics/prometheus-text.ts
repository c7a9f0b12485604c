import type { MetricsFormat } from "../../model/metrics-format.ts";
import { formatLabels } from "../request-metrics/request-labels.ts";
import { REQUESTS, type CellLayout, type HistogramSlot } from "../request-metrics/request-layout.ts";
import type { SeriesTotal } from "../request-metrics/series-totals.ts";

/** Prefix of every metric that ingress-nginx has as well: dashboards and alerts keep working. */
export const PREFIX = "nginx_ingress_controller_";

/** Series printed in one piece: about 100 kB of text, so that a scrape of many routes does not hold up the traffic. */
const SERIES_PER_PIECE = 32;
const SAMPLES_PER_PIECE = 256;

/** How everything of one scrape is printed. `constant`: labels of all series. */
interface PrintStyle {
  readonly format: MetricsFormat;
  readonly constant: string;
}

export const END_OF_OPEN_METRICS = "# EOF\n";

/** What a metric is called and what it means. */
export interface MetricShape {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Besides those of every series. */
  readonly labels: readonly string[];
}

/** Label values in the order of the shape, and the number. Of a histogram: with the bound as one more value, or a suffix. */
export type Sample = readonly [values: readonly string[], value: number, suffix?: "_bucket" | "_sum" | "_count"];

/** The request counter and all histograms, in pieces between which the caller may let others work. */
export function* printRequestMetrics(
  layout: CellLayout,
  series: readonly SeriesTotal[],
  { format, constant }: PrintStyle,
): Generator<string> {
  if (layout.printsRequests) {
    yield header({ name: PREFIX + REQUESTS.name, help: REQUESTS.help, type: "counter" }, format);
    yield* inPieces(series, (one) => `${PREFIX}${REQUESTS.name}{${constant},${one.labels}} ${one.at(0)}\n`);
  }
  for (const histogram of layout.histograms) {
    yield header({ name: PREFIX + histogram.name, help: histogram.help, type: "histogram" }, format);
    yield* inPieces(series, (one) => printHistogram(histogram, one, `${constant},${one.labels}`));
  }
}

/** One metric: its description, and a line a sample. */
export function* printMetric(
  shape: MetricShape,
  samples: Iterable<Sample>,
  { format, constant }: PrintStyle,
): Generator<string> {
  const { name, labels } = shape;
  yield header(shape, format);
  const lines: string[] = [];
  for (const [values, value, suffix = ""] of samples) {
    const own = labels.map((label, index) => `,${formatLabels({ [label]: values[index] ?? "" })}`).join("");
    const bound = values.length > labels.length ? `,le="${values.at(-1)}"` : "";
    lines.push(`${name}${suffix}{${constant}${own}${bound}} ${value}\n`);
    if (lines.length >= SAMPLES_PER_PIECE) yield lines.splice(0).join("");
  }
  yield lines.join("");
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
function printHistogram(
  { name, bounds, first, step, sum: sumIndex }: HistogramSlot,
  series: SeriesTotal,
  labels: string,
): string {
  let text = "";
  let cumulative = 0;
  for (let i = 0; i <= bounds.length; i++) {
    cumulative += series.at(first + i * step);
    text += `${PREFIX}${name}_bucket{${labels},le="${bounds[i] ?? "+Inf"}"} ${cumulative}\n`;
  }
  if (cumulative === 0) return "";
  const sum = series.at(sumIndex);
  return `${text}${PREFIX}${name}_sum{${labels}} ${sum}\n${PREFIX}${name}_count{${labels}} ${cumulative}\n`;
}

/**
 * In OpenMetrics a counter's samples must end in `_total`, and its family is named without. ingress-nginx's counters have no such
 * ending, or share their family's name with a gauge; as `unknown` they keep the names that dashboards ask for.
 */
function header({ name, help, type }: Pick<MetricShape, "name" | "help" | "type">, format: MetricsFormat): string {
  if (format === "text" || type !== "counter") return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  if (name.startsWith(PREFIX)) return `# HELP ${name} ${help}\n# TYPE ${name} unknown\n`;
  const family = name.slice(0, -TOTAL.length);
  return `# HELP ${family} ${help}\n# TYPE ${family} counter\n`;
}

const TOTAL = "_total";
