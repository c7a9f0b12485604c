import { err, ok, type Result } from "../lib/result.ts";
import type { FlagSource } from "./flag-source.ts";
import {
  parseBoolFlag,
  parseDuration,
  parseName,
  parseObject,
  parseRate,
  parseSeconds,
  parseText,
} from "./flag-values.ts";

/** What the controller writes back to the API server. */
export interface DutyConfig {
  /** `namespace/name` */
  readonly publishService: string | null;
  readonly publishStatusAddresses: readonly string[];
  readonly reportNodeInternalIp: boolean;
  readonly updateStatus: boolean;
  readonly updateStatusOnShutdown: boolean;
  readonly statusUpdateIntervalMs: number;
  readonly electionId: string;
  readonly electionTtlMs: number;
  readonly leaderElection: boolean;
  readonly syncEvents: boolean;
  /** Statuses and Events a second, and at once. */
  readonly kubeApiQps: number;
  readonly kubeApiBurst: number;
  /** Null: no webhook is served. */
  readonly webhook: WebhookConfig | null;
}

interface WebhookConfig {
  /** Empty for all addresses. */
  readonly address: string;
  readonly port: number;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly clientCaPath: string | null;
  readonly deepInspect: boolean;
}

const LEAST_INTERVAL_MS = 5_000;
const LEAST_TTL_MS = 1_000;

export function dutyConfig(flags: FlagSource): DutyConfig {
  const publishService = flags.value("publish-service", parseObject);
  const publishStatusAddresses = flags.value("publish-status-address", parseAddresses);
  if (publishService !== null && publishStatusAddresses.length > 0) {
    const message = "excludes --publish-service; remove one of them";
    flags.fail("--publish-status-address", publishStatusAddresses.join(","), message);
  }
  return {
    publishService,
    publishStatusAddresses,
    reportNodeInternalIp: flags.value("report-node-internal-ip-address", parseBoolFlag),
    updateStatus: flags.value("update-status", parseBoolFlag),
    updateStatusOnShutdown: flags.value("update-status-on-shutdown", parseBoolFlag),
    statusUpdateIntervalMs: Math.max(LEAST_INTERVAL_MS, flags.value("status-update-interval", parseSeconds)),
    electionId: flags.value("election-id", parseName),
    electionTtlMs: flags.value("election-ttl", parseTtl),
    leaderElection: !flags.value("disable-leader-election", parseBoolFlag),
    syncEvents: !flags.value("disable-sync-events", parseBoolFlag),
    kubeApiQps: flags.value("kube-api-qps", parseRate),
    kubeApiBurst: flags.value("kube-api-burst", parseRate),
    webhook: webhookConfig(flags),
  };
}

function webhookConfig(flags: FlagSource): WebhookConfig | null {
  const listen = flags.value("validating-webhook", parseListen);
  const certificatePath = flags.value("validating-webhook-certificate", parseText);
  const keyPath = flags.value("validating-webhook-key", parseText);
  const clientCaPath = flags.value("validating-webhook-client-ca", parseText);
  const deepInspect = flags.value("deep-inspect", parseBoolFlag);
  if (listen === null) return null;
  if (certificatePath === null || keyPath === null) {
    const message = "needs --validating-webhook-certificate and --validating-webhook-key";
    flags.fail("--validating-webhook", `${listen.address}:${listen.port}`, message);
    return null;
  }
  return { ...listen, certificatePath, keyPath, clientCaPath, deepInspect };
}

/** A comma list; blanks around entries do not count. */
function parseAddresses(text: string): Result<readonly string[]> {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const wrong = entries.find((entry) => !/^[A-Za-z0-9_.:-]{1,253}$/.test(entry));
  return wrong === undefined ? ok(entries) : err("expected addresses or host names separated by commas");
}

function parseTtl(text: string): Result<number> {
  const parsed = parseDuration(text);
  return parsed.ok && parsed.value < LEAST_TTL_MS ? err("expected a duration of at least 1s") : parsed;
}

/** Go's listen address: `:8443`, `127.0.0.1:8443`, `[::1]:8443`; null when empty. */
function parseListen(text: string): Result<{ readonly address: string; readonly port: number } | null> {
  if (text === "") return ok(null);
  const [, address = "", port = ""] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535) return err("expected an address and port such as :8443");
  return ok({ address: address.replace(/^\[|\]$/g, ""), port: Number(port) });
}
