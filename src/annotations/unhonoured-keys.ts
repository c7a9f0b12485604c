import { nearestName } from "../lib/nearest-name.ts";
import { printable } from "../lib/printable.ts";
import type { AnnotationEntry } from "./entry.ts";
import { closes, notice, type Remark } from "./remark.ts";
import { removedKeyAdvice } from "./removed-keys.ts";
import { ANNOTATION_BY_NAME } from "./table.ts";

/** What is to be said about an annotation that has no reader, and the word for the Event. */
export interface KeyRemark {
  readonly remark: Remark;
  readonly reason: string;
}

const ACCESS_CONTROL_WORDS = /^(auth|allowlist|denylist|whitelist|blacklist|deny|block)/i;

/** For a key of the table without reader whose value asks for something. */
export function remarkOnUnhonoured(entry: AnnotationEntry): KeyRemark {
  const { status } = entry;
  if (status.kind === "accepted") {
    return { reason: "AnnotationIgnored", remark: notice(`no effect: ${status.why}`) };
  }
  if (status.kind === "refused") {
    return { reason: "AnnotationRefused", remark: closes(`refused: ${status.why}`) };
  }
  return { reason: "AnnotationNotSupported", remark: remarkOnMissing(entry) };
}

function remarkOnMissing(entry: AnnotationEntry): Remark {
  if (entry.protects === "nothing") return ignored("not supported yet, no effect; remove it to silence this");
  return closes("access control that is not supported yet, so the routes answer 503; remove it to serve them without");
}

/** For a key under our prefix that the table does not hold. */
export function remarkOnUnknown(name: string): KeyRemark {
  if (name.endsWith("-snippet")) {
    return {
      reason: "AnnotationRefused",
      remark: closes("refused: configuration text from an Ingress is never executed; remove it"),
    };
  }
  const advice = removedKeyAdvice(name);
  if (advice !== null) {
    return {
      reason: "AnnotationRemoved",
      remark: ignored(`removed from ingress-nginx long ago, no effect; ${advice}`),
    };
  }
  return { reason: "AnnotationUnknown", remark: remarkOnStranger(name) };
}

function remarkOnStranger(name: string): Remark {
  const nearest = nearestName(name, ANNOTATION_BY_NAME.keys());
  const hint = nearest === null ? "correct or remove it" : `did you mean ${nearest}?`;
  const meant = nearest === null ? undefined : ANNOTATION_BY_NAME.get(nearest);
  if (ACCESS_CONTROL_WORDS.test(name) || meant?.protects === "access") {
    return closes(`unknown, and it looks like access control, so the routes answer 503; ${hint}`);
  }
  return ignored(`unknown, no effect; ${hint}`);
}

/** Whether what an annotation guards is its whole host, also where other Ingresses serve it. */
export function guardsHost(name: string): boolean {
  const entry =
    ANNOTATION_BY_NAME.get(name) ?? ANNOTATION_BY_NAME.get(nearestName(name, ANNOTATION_BY_NAME.keys()) ?? "");
  if (entry === undefined) return name.startsWith("auth-tls");
  return entry.scope === "host" && entry.protects !== "nothing";
}

const FOREIGN_PREFIXES = ["nginx.org/", "nginx.com/"];
const DEFAULT_PREFIX = "nginx.ingress.kubernetes.io/";

/** For a key that does not stand under our prefix; null where it is none of our business. */
export function remarkOnForeign(key: string, prefix: string): KeyRemark | null {
  if (FOREIGN_PREFIXES.some((foreign) => key.startsWith(foreign))) {
    return {
      reason: "AnnotationForeign",
      remark: ignored(`belongs to another product, no effect; use ${prefix}/`),
    };
  }
  if (!key.startsWith(DEFAULT_PREFIX)) return null;
  return {
    reason: "AnnotationForeign",
    remark: ignored(`not read, since --annotations-prefix is ${printable(prefix)}; move it to that prefix`),
  };
}

function ignored(message: string): Remark {
  return { severity: "warning", message, effect: "ignored" };
}
