import { printable } from "../../lib/printable.ts";
import { ANNOTATION_BY_NAME, type PolicySlices } from "../features/features.ts";
import { closesRoute, notice } from "../entries/finding.ts";
import { type Reading, report } from "./reading.ts";

const RISKS = { low: 0, medium: 1, high: 2, critical: 3 } as const;

/** Closes an Ingress with annotations above the risk level. The critical ones are refused one by one, whatever the level. */
export function reviewRisks(reading: Reading): void {
  const level = reading.context.settings.annotationsRiskLevel;
  for (const name of reading.own.keys()) {
    const risk = ANNOTATION_BY_NAME.get(name)?.risk ?? "low";
    if (risk === "critical" || RISKS[risk] <= RISKS[level]) continue;
    refuse(reading, name, `of ${risk} risk, above the annotations-risk-level ${level}`);
  }
}

/** Closes an Ingress with a forbidden word. As ingress-nginx: somewhere in the value, upper and lower case apart. */
export function reviewWords(reading: Reading): void {
  for (const word of reading.context.settings.annotationWordBlocklist) {
    for (const [name, value] of reading.own) {
      if (!value.includes(word)) continue;
      refuse(reading, name, `holds "${printable(word)}", which annotation-value-word-blocklist forbids`);
    }
  }
}

/** Names what only shows when several annotations are seen together. */
export function reviewTogether(reading: Reading, { useRegex, affinity }: PolicySlices): void {
  if (!useRegex || affinity === null || affinity.path !== null) return;
  const finding = notice("with regex paths the cookie's default path is the regex itself; set session-cookie-path");
  report(reading, `${reading.context.prefix}/affinity`, { reason: "AnnotationQuestionable", finding });
}

function refuse(reading: Reading, name: string, why: string): void {
  const finding = closesRoute(`${why}; the routes answer 503 until it is gone`);
  report(reading, `${reading.context.prefix}/${name}`, { reason: "AnnotationRefused", finding });
}
