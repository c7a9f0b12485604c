import type { ReasonLevel } from "./reasons.ts";
import type { CodingSpec } from "./filters/compression.ts";
import type { PaceFilter } from "./filters/pace.ts";
import type { Retry, Timeouts } from "./forward.ts";
import { DEFAULT_ACCESS_LOG, type AccessLogSettings } from "./log-format.ts";

/** How much harm an annotation can do, in ingress-nginx's judgement. */
export type RiskLevel = "low" | "medium" | "high" | "critical";

/** Lines of the error log below it are left out. */
export type ErrorLogLevel = ReasonLevel | "off";

/** The keys of the ConfigMap, parsed, with ingress-nginx's defaults; each section is for one reader. */
export interface Settings {
  /** Goes into routes and upstreams when they are translated; no data plane ever sees it. */
  readonly translation: TranslationSettings;
  readonly dataPlane: DataPlaneSettings;
  readonly log: LogSettings;
  readonly process: ProcessSettings;
}

/** What is part of the model. */
export type ServedSettings = Omit<Settings, "translation">;

/** Defaults of annotations, and what closes routes. */
export interface TranslationSettings {
  readonly sslRedirect: boolean;
  readonly forceSslRedirect: boolean;
  readonly preserveTrailingSlash: boolean;
  /** Prefixes of rule paths that are never redirected to https. */
  readonly noTlsRedirectLocations: readonly string[];
  readonly serviceUpstream: boolean;
  readonly loadBalance: "round-robin" | "ewma";
  readonly bodyLimitBytes: number;
  readonly responseHeadBytes: number;
  readonly timeouts: Timeouts;
  /** Statuses from 300 on whose answers come from an error backend, ascending; and whether those of endpoints stay as they are. */
  readonly errorPages: { readonly statuses: readonly number[]; readonly keepsUpstreams: boolean };
  /** `limit-rate`; a rate of 0 is no limit. */
  readonly gzip: CompressionSettings;
  readonly brotli: CompressionSettings;
  readonly pace: PaceFilter;
  readonly retry: Retry;
  /** `retry-non-idempotent`: holds also where an Ingress writes its own list of retry conditions. */
  readonly retryNonIdempotent: boolean;
  /** An Ingress with an annotation of a higher risk is closed. */
  readonly annotationsRiskLevel: RiskLevel;
  /** An Ingress with an annotation that holds one of these is closed. */
  readonly annotationWordBlocklist: readonly string[];
  /** What `custom-headers` may set. */
  readonly allowedResponseHeaders: readonly string[];
  /** Whether the webhook refuses Exact and Prefix paths with other characters than ingress-nginx's strict validation allows. */
  readonly strictPathTypes: boolean;
  /** Not null: a global access control that cannot be honoured is configured, so every route answers 503; the text says which. */
  readonly closedReason: string | null;
}

/** One coding of answers. */
export interface CompressionSettings extends CodingSpec {
  readonly enabled: boolean;
}

/** What holds for every request and connection. */
export interface DataPlaneSettings {
  readonly hsts: {
    readonly maxAgeSeconds: number;
    readonly includeSubdomains: boolean;
    readonly preload: boolean;
  } | null;
  readonly httpRedirectCode: 301 | 302 | 307 | 308;
  readonly useForwardedHeaders: boolean;
  readonly enableRealIp: boolean;
  readonly computeFullForwardedFor: boolean;
  readonly forwardedForHeader: string;
  /** Canonical CIDRs of peers whose X-Forwarded-For is believed. */
  readonly proxyRealIpCidrs: readonly string[];
  readonly generateRequestId: boolean;
  readonly useHttp2: boolean;
  readonly http2MaxConcurrentStreams: number;
  readonly keepAliveSeconds: number;
  readonly keepAliveRequests: number;
  readonly clientHeaderTimeoutMs: number;
  readonly clientBodyTimeoutMs: number;
  readonly limitReqStatusCode: number;
  readonly limitConnStatusCode: number;
  readonly relativeRedirects: boolean;
  readonly upstreamKeepalive: {
    readonly connections: number;
    readonly timeoutMs: number;
    /** Of HTTP/2 connections, which say when they close: no request is lost by it. */
    readonly http2TimeoutMs: number;
    readonly requests: number;
  };
  /** Lower case. */
  readonly hideHeaders: readonly string[];
}

interface LogSettings {
  readonly accessLog: AccessLogSettings;
  readonly errorLogLevel: ErrorLogLevel;
}

interface ProcessSettings {
  /** Threads that serve requests; null: what the command line says. */
  readonly workerProcesses: number | null;
}

const COMPRESSED_TYPES: readonly string[] = [
  "application/atom+xml",
  "application/javascript",
  "application/x-javascript",
  "application/json",
  "application/rss+xml",
  "application/vnd.ms-fontobject",
  "application/x-font-ttf",
  "application/x-web-app-manifest+json",
  "application/xhtml+xml",
  "application/xml",
  "font/opentype",
  "image/svg+xml",
  "image/x-icon",
  "text/css",
  "text/javascript",
  "text/plain",
  "text/x-component",
];

/** ingress-nginx 1.15's defaults. */
export const DEFAULT_SETTINGS: Settings = {
  translation: {
    sslRedirect: true,
    forceSslRedirect: false,
    preserveTrailingSlash: false,
    noTlsRedirectLocations: ["/.well-known/acme-challenge"],
    serviceUpstream: false,
    loadBalance: "round-robin",
    bodyLimitBytes: 1_048_576,
    responseHeadBytes: 65_536,
    errorPages: { statuses: [], keepsUpstreams: false },
    gzip: { enabled: false, level: 1, minLengthBytes: 256, types: COMPRESSED_TYPES },
    brotli: { enabled: false, level: 4, minLengthBytes: 20, types: ["application/xml+rss", ...COMPRESSED_TYPES] },
    pace: { bytesPerSecond: 0, freeBytes: 0 },
    timeouts: { connectMs: 5_000, sendMs: 60_000, readMs: 60_000 },
    retry: {
      tries: 3,
      timeoutMs: 0,
      onError: true,
      onTimeout: true,
      onInvalidHeader: false,
      onStatuses: [],
      nonIdempotent: false,
    },
    retryNonIdempotent: false,
    annotationsRiskLevel: "high",
    annotationWordBlocklist: [],
    allowedResponseHeaders: [],
    strictPathTypes: true,
    closedReason: null,
  },
  dataPlane: {
    hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: true, preload: false },
    httpRedirectCode: 308,
    useForwardedHeaders: false,
    enableRealIp: false,
    computeFullForwardedFor: false,
    forwardedForHeader: "X-Forwarded-For",
    // Only matters once forwarded headers are trusted.
    proxyRealIpCidrs: ["0.0.0.0/0"],
    generateRequestId: true,
    useHttp2: true,
    http2MaxConcurrentStreams: 128,
    keepAliveSeconds: 75,
    keepAliveRequests: 1000,
    // ingress-nginx has 60: six times as many slow heads that an attacker can hold open.
    clientHeaderTimeoutMs: 10_000,
    clientBodyTimeoutMs: 60_000,
    limitReqStatusCode: 503,
    limitConnStatusCode: 503,
    relativeRedirects: false,
    upstreamKeepalive: { connections: 320, timeoutMs: 4_000, http2TimeoutMs: 60_000, requests: 10_000 },
    hideHeaders: [],
  },
  log: { accessLog: DEFAULT_ACCESS_LOG, errorLogLevel: "notice" },
  process: { workerProcesses: null },
};
