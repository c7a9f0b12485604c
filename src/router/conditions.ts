import { toByteString } from "../lib/byte-string.ts";
import type { RouteMatch, ValueMatch } from "../model/route-match.ts";
import type { Route } from "../model/route.ts";
import {
  NO_MATCH,
  OVER_BUDGET,
  parsePattern,
  PatternList,
  type PatternWork,
  REQUEST_STEPS,
} from "../patterns/patterns.ts";
import { decodeEscapes } from "./percent.ts";

/** What routes ask of a request besides its path. */
export interface RoutedRequest extends PatternWork {
  readonly request: {
    readonly method: string;
    /** By lower-case name. */
    readonly headers: { getAll(name: string): readonly string[] };
  };
  /** The query with its `?`; empty when there is none. */
  readonly target: { readonly query: string };
}

/** `unknown`: the request has spent what it may spend on patterns, or a pattern cannot be used. */
export type Verdict = "met" | "unmet" | "unknown";

/** A GET without anything, for questions about a path alone. */
export function plainRequest(): RoutedRequest {
  return { patternStepsLeft: REQUEST_STEPS, request: PLAIN_GET, target: NO_QUERY };
}

const PLAIN_GET: RoutedRequest["request"] = { method: "GET", headers: { getAll: () => [] } };
const NO_QUERY: RoutedRequest["target"] = { query: "" };

/** What conditions read of one request, each value once. */
export class RequestValues {
  readonly method: string;
  readonly work: PatternWork;
  readonly #request: RoutedRequest;
  readonly #headers = new Map<string, string | null>();
  #query: ReadonlyMap<string, string> | null = null;

  constructor(request: RoutedRequest) {
    this.method = request.request.method;
    this.work = request;
    this.#request = request;
  }

  /** By lower-case name; null when there is no such field. */
  header(name: string): string | null {
    const known = this.#headers.get(name);
    if (known !== undefined) return known;
    const all = this.#request.request.headers.getAll(name);
    const value = all.length === 0 ? null : all.join(",");
    this.#headers.set(name, value);
    return value;
  }

  /** Null when there is no such parameter. */
  parameter(name: string): string | null {
    this.#query ??= readQuery(this.#request.target.query);
    return this.#query.get(name) ?? null;
  }
}

/** The first value of each parameter, decoded as `application/x-www-form-urlencoded`, one character a byte. */
function readQuery(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of query.slice(1).split("&")) {
    const equals = pair.indexOf("=");
    const name = decodeForm(equals === -1 ? pair : pair.slice(0, equals));
    if (!found.has(name)) found.set(name, equals === -1 ? "" : decodeForm(pair.slice(equals + 1)));
  }
  return found;
}

function decodeForm(text: string): string {
  return decodeEscapes(text.includes("+") ? text.replaceAll("+", " ") : text);
}

/** One condition, ready to ask. */
interface Condition {
  /** For explanations. */
  readonly text: string;
  judge(values: RequestValues): Verdict;
}

/** The conditions of a route. */
export class Conditions {
  readonly hasMethod: boolean;
  readonly headerCount: number;
  readonly queryCount: number;
  readonly priority: number;
  readonly #conditions: readonly Condition[];

  constructor({ method, headers, query, priority }: RouteMatch) {
    const ofHeaders = distinct(headers, (name) => name.toLowerCase());
    const ofQuery = distinct(query, (name) => name);
    this.hasMethod = method !== null;
    this.headerCount = ofHeaders.length;
    this.queryCount = ofQuery.length;
    this.priority = priority;
    this.#conditions = [
      ...(method === null ? [] : [compileMethod(method)]),
      ...ofHeaders.map((one) => compileHeader(one)),
      ...ofQuery.map((one) => compileParameter(one)),
    ];
  }

  judge(values: RequestValues): Verdict {
    let verdict: Verdict = "met";
    for (const condition of this.#conditions) {
      const one = condition.judge(values);
      if (one === "unmet") return one;
      if (one === "unknown") verdict = one;
    }
    return verdict;
  }

  /** The first condition that the request does not meet, in words; null when it meets all. */
  whyUnmet(values: RequestValues): string | null {
    return this.#conditions.find((condition) => condition.judge(values) === "unmet")?.text ?? null;
  }
}

/** Null for a route that asks for nothing but its path. */
export function compileConditions({ match }: Route): Conditions | null {
  return match === undefined ? null : new Conditions(match);
}

/** The order in which routes of one path are tried: by what they ask for, then by priority. */
export function bySpecificity(a: Conditions | null, b: Conditions | null): number {
  return byDemand(a, b) || (a?.priority ?? 0) - (b?.priority ?? 0);
}

/** Below zero where `a` asks for more: a method, more headers, more query parameters, anything at all. */
export function byDemand(a: Conditions | null, b: Conditions | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return Number(b.hasMethod) - Number(a.hasMethod) || b.headerCount - a.headerCount || b.queryCount - a.queryCount;
}

function distinct(matches: readonly ValueMatch[], keyOf: (name: string) => string): readonly ValueMatch[] {
  const seen = new Map<string, ValueMatch>();
  for (const match of matches) {
    const name = keyOf(match.name);
    if (!seen.has(name)) seen.set(name, { ...match, name });
  }
  return [...seen.values()];
}

function compileMethod(wanted: string): Condition {
  return { text: `the method is not ${wanted}`, judge: ({ method }) => (method === wanted ? "met" : "unmet") };
}

function compileHeader(match: ValueMatch): Condition {
  const judgeValue = compileValue(match);
  return {
    text: `the header ${match.name} is not ${describeValue(match)}`,
    judge: (values) => judgeValue(values.header(match.name), values.work),
  };
}

function compileParameter(match: ValueMatch): Condition {
  const judgeValue = compileValue(match);
  const name = toByteString(match.name);
  return {
    text: `the query parameter ${match.name} is not ${describeValue(match)}`,
    judge: (values) => judgeValue(values.parameter(name), values.work),
  };
}

function describeValue({ kind, value }: ValueMatch): string {
  return kind === "exact" ? JSON.stringify(value) : `matched by ${value}`;
}

function compileValue({ kind, value }: ValueMatch): (actual: string | null, work: PatternWork) => Verdict {
  if (kind === "exact") {
    const wanted = toByteString(value);
    return (actual) => (actual === wanted ? "met" : "unmet");
  }
  const whole = `^(?:${value})$`;
  // Each by itself as well: `a)|(?:b` is no pattern, though it is one between the brackets.
  if (!parsePattern(value, "match-case").ok || !parsePattern(whole, "match-case").ok)
    return (actual) => (actual === null ? "unmet" : "unknown");
  const pattern = new PatternList([whole], "match-case");
  return (actual, work) => {
    if (actual === null) return "unmet";
    const found = pattern.find(actual, work);
    if (found === OVER_BUDGET) return "unknown";
    return found === NO_MATCH ? "unmet" : "met";
  };
}
