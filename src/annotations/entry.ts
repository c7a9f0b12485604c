import type { SupportStatus } from "../lib/support-status.ts";
import type { RiskLevel } from "../model/settings.ts";
import type { PolicyDraft } from "./policy-draft.ts";
import type { Remark } from "./remark.ts";

/** Where the effect of an annotation reaches; what protects a `host` and cannot be honoured closes all of it, for every Ingress. */
type Scope = "path" | "host" | "upstream";

/** What an annotation guards: where it cannot be honoured, the routes of `access` and `rate` are closed with 503. */
type Protects = "access" | "rate" | "nothing";

export interface AnnotationEntry {
  /** Without prefix and slash. */
  readonly name: string;
  /** Consulted only where the canonical key is absent or empty. */
  readonly aliases: readonly string[];
  readonly group: string;
  readonly scope: Scope;
  readonly risk: RiskLevel;
  readonly protects: Protects;
  /** What values look like. */
  readonly value: string;
  /** What absence means. */
  readonly fallback: string;
  readonly doc: string;
  readonly status: SupportStatus;
  /** Null where the annotation has no effect yet or ever. */
  readonly reader: Reader | null;
  /** The other annotation without which this one has no effect. */
  readonly needs: Need | null;
  /** For entries without reader: true for values that ask for nothing else than what happens anyway. */
  readonly inert: (value: string) => boolean;
}

/** How one annotation gets from text into the draft. */
export interface Reader {
  /** `exact` values reach `read` as written (Go's ParseBool and Atoi take no spaces); `trimmed` ones line by line without spaces. */
  readonly text: "exact" | "trimmed";
  /** True for lists that people write over several lines. */
  readonly lines: boolean;
  /** Writes the draft; gives a remark where the value is bad or questionable. A bad value leaves the draft as it was. */
  readonly read: (value: string, draft: PolicyDraft) => Remark | null;
}

export interface Need {
  /** Such as `canary: "true"`. */
  readonly text: string;
  readonly met: (draft: PolicyDraft) => boolean;
}
