import { err, ok, type Result } from "../lib/result.ts";
import { controllerFlag, type FlagTable, type Values } from "./flag-entry.ts";
import type { FlagReader } from "./flag-reader.ts";
import {
  parseBoolFlag,
  parseDuration,
  parseName,
  parseObject,
  parseRate,
  parseSeconds,
  parseText,
} from "./flag-values.ts";

const STATUS = "Status and leader";
const ADMISSION = "Admission";

const LEAST_INTERVAL_MS = 5_000;
const LEAST_TTL_MS = 1_000;

/** What the controller writes back to the API server. The keys are those of `Config.duties`. */
export const DUTY_FLAGS = {
  /** `namespace/name` */
  publishService: controllerFlag({
    name: "publish-service",
    group: STATUS,
    type: "object",
    parse: parseObject,
    fallback: "",
    doc: "Service whose addresses go into the status of Ingresses. Without it and --publish-status-address, those of the nodes our ready pods run on.",
  }),
  publishStatusAddresses: controllerFlag({
    name: "publish-status-address",
    group: STATUS,
    type: "text",
    parse: parseAddresses,
    fallback: "",
    doc: "Addresses or host names for the status, separated by commas; excludes --publish-service.",
  }),
  reportNodeInternalIp: controllerFlag({
    name: "report-node-internal-ip-address",
    group: STATUS,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Of nodes, publishes the internal address instead of the external one.",
  }),
  updateStatus: controllerFlag({
    name: "update-status",
    group: STATUS,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "true",
    doc: "Writes the status of Ingresses.",
  }),
  updateStatusOnShutdown: controllerFlag({
    name: "update-status-on-shutdown",
    group: STATUS,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "true",
    doc: "Clears the status when the last replica ends.",
  }),
  statusUpdateIntervalMs: controllerFlag({
    name: "status-update-interval",
    group: STATUS,
    type: "seconds",
    parse: parseInterval,
    fallback: "60",
    status: {
      kind: "differs",
      how: "changes are written at once, those of nodes within seconds; this is how often every status is looked at again",
    },
    doc: "Seconds between two looks at every status and the addresses, 5 at least; those of nodes are looked up every 2 s.",
  }),
  electionId: controllerFlag({
    name: "election-id",
    group: STATUS,
    type: "name",
    parse: parseName,
    fallback: "ingress-controller-leader",
    doc: "Lease in the pod's namespace by which the replicas agree who writes status and events.",
  }),
  electionTtlMs: controllerFlag({
    name: "election-ttl",
    group: STATUS,
    type: "duration",
    parse: parseTtl,
    fallback: "30s",
    doc: "How long a leader that is gone keeps the others waiting, such as 30s.",
  }),
  leaderElection: controllerFlag({
    name: "disable-leader-election",
    group: STATUS,
    type: "bool",
    parse: parseDisabled,
    fallback: "false",
    doc: "Every replica writes; for a single one.",
  }),
  syncEvents: controllerFlag({
    name: "disable-sync-events",
    group: STATUS,
    type: "bool",
    parse: parseDisabled,
    fallback: "false",
    doc: "Writes no Sync event when an Ingress was taken up.",
  }),
  /** Statuses and Events a second, and at once. */
  kubeApiQps: controllerFlag({
    name: "kube-api-qps",
    group: STATUS,
    type: "int",
    parse: parseRate,
    fallback: "300",
    doc: "Statuses and Events written a second at most, tries that failed included; the Lease never waits. Beside them, where Secrets may not be listed, a third of it for reading again what is referred to. Not in ingress-nginx.",
  }),
  kubeApiBurst: controllerFlag({
    name: "kube-api-burst",
    group: STATUS,
    type: "int",
    parse: parseRate,
    fallback: "100",
    doc: "How many of them may be written at once after a quiet time. Not in ingress-nginx.",
  }),
} as const satisfies FlagTable;

/** The admission webhook. */
export const WEBHOOK_FLAGS = {
  listen: controllerFlag({
    name: "validating-webhook",
    group: ADMISSION,
    type: "text",
    parse: parseListen,
    fallback: "",
    doc: "Address and port of the admission webhook, such as :8443; none when empty.",
  }),
  certificatePath: controllerFlag({
    name: "validating-webhook-certificate",
    group: ADMISSION,
    type: "text",
    parse: parseText,
    fallback: "",
    doc: "PEM file with its certificate, read again when it changes.",
  }),
  keyPath: controllerFlag({
    name: "validating-webhook-key",
    group: ADMISSION,
    type: "text",
    parse: parseText,
    fallback: "",
    doc: "PEM file with its key, read again when it changes.",
  }),
  clientCaPath: controllerFlag({
    name: "validating-webhook-client-ca",
    group: ADMISSION,
    type: "text",
    parse: parseText,
    fallback: "",
    doc: "PEM file with the authority of client certificates; without it, anybody who reaches the port may ask. Not in ingress-nginx.",
  }),
  deepInspect: controllerFlag({
    name: "deep-inspect",
    group: ADMISSION,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "true",
    doc: "Also refuses Ingresses, of any class, that hold nginx directives or paths of secrets.",
  }),
} as const satisfies FlagTable;

export interface DutyConfig extends Values<typeof DUTY_FLAGS, "controller"> {
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

export function readDuties(reader: FlagReader): DutyConfig {
  const duties = reader.read(DUTY_FLAGS, "controller");
  const { publishService, publishStatusAddresses } = duties;
  if (publishService !== null && publishStatusAddresses.length > 0) {
    const message = "excludes --publish-service; remove one of them";
    reader.fail("--publish-status-address", publishStatusAddresses.join(","), message);
  }
  return { ...duties, webhook: readWebhook(reader) };
}

function readWebhook(reader: FlagReader): WebhookConfig | null {
  const { listen, certificatePath, keyPath, clientCaPath, deepInspect } = reader.read(WEBHOOK_FLAGS, "controller");
  if (listen === null) return null;
  if (certificatePath === null || keyPath === null) {
    const message = "needs --validating-webhook-certificate and --validating-webhook-key";
    reader.fail("--validating-webhook", `${listen.address}:${listen.port}`, message);
    return null;
  }
  return { ...listen, certificatePath, keyPath, clientCaPath, deepInspect };
}

function parseInterval(text: string): Result<number> {
  const parsed = parseSeconds(text);
  return parsed.ok ? ok(Math.max(LEAST_INTERVAL_MS, parsed.value)) : parsed;
}

/** A flag that disables something: whether that is enabled. */
function parseDisabled(text: string): Result<boolean> {
  const parsed = parseBoolFlag(text);
  return parsed.ok ? ok(!parsed.value) : parsed;
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
