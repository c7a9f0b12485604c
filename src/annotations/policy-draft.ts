import type { BackendProtocol } from "../model/backend-protocol.ts";
import type { CanaryHeader } from "../model/filters.ts";
import type { RouteSettings } from "../model/settings.ts";
import type { AffinityPolicy, CanaryPolicy, IngressPolicy } from "./ingress-policy.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A policy while annotations are being read: one flat field an annotation, defaults already in place. */
export interface PolicyDraft {
  rewriteTarget: string | null;
  useRegex: boolean;
  appRoot: string | null;
  aliases: readonly string[];
  sslRedirect: boolean;
  forceSslRedirect: boolean;
  preserveTrailingSlash: boolean;
  backendProtocol: BackendProtocol;
  serviceUpstream: boolean;
  upstreamVhost: string | null;
  forwardedPrefix: string | null;
  readonly limits: Writable<IngressPolicy["limits"]>;
  canary: boolean;
  canaryHeader: string | null;
  canaryHeaderValue: string | null;
  canaryHeaderPattern: string | null;
  canaryCookie: string | null;
  canaryWeight: number;
  canaryWeightTotal: number;
  affinity: boolean;
  readonly cookie: Writable<AffinityPolicy>;
  affinityCanaryBehavior: "sticky" | "legacy";
  loadBalance: "round-robin" | "ewma";
  readonly timeouts: Writable<IngressPolicy["timeouts"]>;
  readonly retry: Writable<IngressPolicy["retry"]>;
  bodyLimitBytes: number;
  responseHeadBytes: number;
  /** One sentence for each annotation that closes the Ingress. */
  readonly closed: string[];
  /** Those of them that close its hosts for every Ingress. */
  readonly closedHost: string[];
  readonly settings: RouteSettings;
}

/** ingress-nginx multiplies a limit by five where `limit-burst-multiplier` is absent. */
const DEFAULT_BURST_MULTIPLIER = 5;

export function openDraft(settings: RouteSettings): PolicyDraft {
  return {
    rewriteTarget: null,
    useRegex: false,
    appRoot: null,
    aliases: [],
    sslRedirect: settings.sslRedirect,
    forceSslRedirect: settings.forceSslRedirect,
    preserveTrailingSlash: settings.preserveTrailingSlash,
    backendProtocol: "http",
    serviceUpstream: settings.serviceUpstream,
    upstreamVhost: null,
    forwardedPrefix: null,
    limits: { rps: 0, rpm: 0, connections: 0, burstMultiplier: DEFAULT_BURST_MULTIPLIER, allowlist: [] },
    canary: false,
    canaryHeader: null,
    canaryHeaderValue: null,
    canaryHeaderPattern: null,
    canaryCookie: null,
    canaryWeight: 0,
    canaryWeightTotal: 100,
    affinity: false,
    cookie: defaultCookie(),
    affinityCanaryBehavior: "sticky",
    loadBalance: settings.loadBalance,
    timeouts: { ...settings.timeouts },
    retry: { ...settings.retry },
    bodyLimitBytes: settings.bodyLimitBytes,
    responseHeadBytes: settings.responseHeadBytes,
    closed: [],
    closedHost: [],
    settings,
  };
}

function defaultCookie(): Writable<AffinityPolicy> {
  return {
    mode: "balanced",
    cookieName: "INGRESSCOOKIE",
    path: null,
    domain: null,
    expiresSeconds: null,
    maxAgeSeconds: null,
    sameSite: null,
    conditionalSameSiteNone: false,
    secure: false,
    changeOnFailure: false,
  };
}

/** The draft as a policy. Takes the draft over: it must not be written any more. */
export function finishDraft(draft: PolicyDraft): IngressPolicy {
  return {
    rewriteTarget: draft.rewriteTarget,
    useRegex: draft.useRegex,
    appRoot: draft.appRoot,
    aliases: draft.aliases,
    tlsRedirect: {
      whenCertificate: draft.sslRedirect,
      always: draft.forceSslRedirect,
      preserveTrailingSlash: draft.preserveTrailingSlash,
    },
    backendProtocol: draft.backendProtocol,
    serviceUpstream: draft.serviceUpstream,
    upstreamVhost: draft.upstreamVhost,
    forwardedPrefix: draft.forwardedPrefix,
    limits: draft.limits,
    canary: draft.canary ? finishCanary(draft) : null,
    affinity: draft.affinity ? draft.cookie : null,
    affinityCanaryBehavior: draft.affinityCanaryBehavior,
    loadBalance: draft.loadBalance,
    timeouts: draft.timeouts,
    retry: draft.retry,
    bodyLimitBytes: draft.bodyLimitBytes,
    responseHeadBytes: draft.responseHeadBytes,
    closed: draft.closed.length === 0 ? null : draft.closed.join("; "),
    closedHost: draft.closedHost.length === 0 ? null : draft.closedHost.join("; "),
  };
}

function finishCanary(draft: PolicyDraft): CanaryPolicy {
  return {
    header: canaryHeader(draft),
    cookie: draft.canaryCookie,
    weight: Math.min(draft.canaryWeight, draft.canaryWeightTotal),
    weightTotal: draft.canaryWeightTotal,
  };
}

/** A value wins over a pattern, and each replaces the words `always` and `never`. */
function canaryHeader(draft: PolicyDraft): CanaryHeader | null {
  const name = draft.canaryHeader;
  if (name === null) return null;
  if (draft.canaryHeaderValue !== null) return { kind: "value", name, value: draft.canaryHeaderValue };
  if (draft.canaryHeaderPattern !== null) return { kind: "pattern", name, pattern: draft.canaryHeaderPattern };
  return { kind: "always-never", name };
}
