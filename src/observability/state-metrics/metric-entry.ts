import { PREFIX, type MetricShape, type Sample } from "./prometheus-text.ts";
import type { StateReadings } from "./state-readings.ts";

/** One metric that is not per request, and how its samples are read at a scrape. */
export interface MetricEntry extends MetricShape {
  readonly read: (readings: StateReadings) => Iterable<Sample>;
}

/** A metric of ingress-nginx, under its name. */
export function metric(type: MetricShape["type"], name: string, help: string, read: MetricEntry["read"]): MetricEntry {
  return own(type, PREFIX + name, help, read);
}

/** A metric under a name of its own. */
export function own(type: MetricShape["type"], name: string, help: string, read: MetricEntry["read"]): MetricEntry {
  return { name, type, help, labels: [], read };
}

/** A metric of the process or of the threads' runtime, as prom-client names it. */
export function runtime(type: MetricShape["type"], name: string, help: string): MetricEntry {
  return own(type, name, help, (readings) => readings.families.get(name) ?? []);
}

export function labelled(labels: readonly string[], entry: MetricEntry): MetricEntry {
  return { ...entry, labels };
}

export function one(value: number): readonly Sample[] {
  return [[[], value]];
}

/** Nothing where the system does not tell. */
export function known(value: number | null): readonly Sample[] {
  return value === null ? [] : one(value);
}
