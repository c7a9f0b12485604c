import type { MetricsFormat } from "../model/metrics-format.ts";

/** One entry of an Accept or Accept-Encoding field: lower-case name, parameters, and its weight between 0 and 1 (RFC 9110 §12.4.2). */
interface Choice {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly weight: number;
}

/** Node limits heads to 16 KiB; real clients list a few. */
const MAX_CHOICES = 32;
const OPEN_METRICS_VERSIONS: ReadonlySet<string> = new Set(["1.0.0", "0.0.1"]);

/**
 * OpenMetrics where the scraper weighs it at least as high as the text format, as Prometheus does; otherwise the text format, which
 * everything reads.
 */
export function chooseMetricsFormat(accept: string | undefined): MetricsFormat {
  const choices = parseChoices(accept);
  const open = choices.filter(({ name, parameters }) => {
    return name === "application/openmetrics-text" && OPEN_METRICS_VERSIONS.has(parameters.get("version") ?? "1.0.0");
  });
  const text = choices.filter(({ name, parameters }) => {
    return name === "text/plain" && (parameters.get("version") ?? "0.0.4") === "0.0.4";
  });
  const openWeight = heaviest(open);
  return openWeight > 0 && openWeight >= heaviest(text) ? "openmetrics" : "text";
}

/** RFC 9110 §12.5.3; `*` stands for every coding that is not named. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const choices = parseChoices(acceptEncoding);
  const named = choices.filter(({ name }) => name === "gzip" || name === "x-gzip");
  return heaviest(named.length > 0 ? named : choices.filter(({ name }) => name === "*")) > 0;
}

function heaviest(choices: readonly Choice[]): number {
  return Math.max(0, ...choices.map(({ weight }) => weight));
}

function parseChoices(field: string | undefined): readonly Choice[] {
  return (field ?? "").split(",", MAX_CHOICES).map(parseChoice);
}

function parseChoice(text: string): Choice {
  const [name = "", ...rest] = text.split(";").map((part) => part.trim().toLowerCase());
  const parameters = new Map(rest.map(splitParameter));
  const weight = Number(parameters.get("q") ?? "1");
  return { name, parameters, weight: weight >= 0 && weight <= 1 ? weight : 0 };
}

function splitParameter(text: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  if (at === -1) return [text, ""];
  const value = text.slice(at + 1).trim();
  return [text.slice(0, at).trim(), value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value];
}
