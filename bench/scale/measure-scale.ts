import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/lib/clock.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { createDevCa } from "../../src/tls/self-signed.ts";
import { seededRandom } from "../../test/support/servers/upstream-fakes.ts";
import { residentKb } from "../support/proc.ts";
import { Cluster } from "./cluster.ts";
import { startOnCluster, type StartedHeadgate } from "./headgate.ts";
import { ANY_HOST, hostOf, type Pair, type StartOptions } from "./objects.ts";
import { countsSince, type OwnCounts, readOwnCounts } from "./own-counts.ts";
import { Prober } from "./prober.ts";
import { type ChangeKind, Shops } from "./shop.ts";
import { startScaleBackend } from "./scale-backend.ts";
import { type LoadReport, Traffic } from "./traffic.ts";

export interface ScaleOptions {
  readonly count: number;
  readonly changes: number;
  readonly randomChanges: number;
  readonly rate: number;
  readonly workers: number;
  readonly nodeOptions: readonly string[];
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** What was measured of one kind of change. */
interface ChangeFigures {
  readonly kind: ChangeKind;
  /** From the event on the API server's watch to the last connection that saw it, in milliseconds. */
  readonly liveAfterMs: readonly number[];
  readonly own: OwnCounts;
  readonly load: LoadReport;
}

export interface ScaleFigures {
  readonly readyAfterMs: number;
  readonly readyKb: number;
  readonly endKb: number;
  readonly changes: readonly ChangeFigures[];
  readonly random: { readonly changes: number; readonly seconds: number; readonly load: LoadReport };
}

const CERTIFICATES = 10;
const KINDS: readonly ChangeKind[] = [
  "Ingress",
  "EndpointSlice",
  "Service",
  "Secret",
  "new Ingress",
  "lost Ingress",
  "ConfigMap",
];
/** Kinds whose target is a percentile of many. */
const MANY: ReadonlySet<ChangeKind> = new Set(["Ingress", "EndpointSlice"]);
const RARE_DIVISOR = 10;
/** Longer than any hold-off: changes are measured one by one. */
const BETWEEN_CHANGES_MS = 50;
const BETWEEN_RANDOM_CHANGES_MS = 10;
const SETTLE_MS = 2000;
const OTHER_SHARE = 0.04;

/** Fills an API server, starts Headgate on it, and changes things under load. */
export async function measureScale(options: ScaleOptions): Promise<ScaleFigures> {
  const { count, say, directory } = options;
  const backend = await startScaleBackend(directory);
  try {
    using cluster = await Cluster.open();
    const pairs = makePairs(CERTIFICATES + 2);
    const start: StartOptions = { count, ports: backend.ports, certificates: pairs.slice(0, CERTIFICATES) };
    await cluster.createAll(start);
    say(`the API server holds ${count} Ingresses, ${count} Services and ${2 * count} endpoints`);
    const headgate = await startOnCluster(cluster.kubeconfig, options);
    say(`ready after ${Math.round(headgate.readyAfterMs)} ms`);
    try {
      return await measureChanges(headgate, new Shops(cluster, start, pairs.slice(CERTIFICATES)), options);
    } finally {
      await headgate.running.stop();
    }
  } finally {
    await backend.stop();
  }
}

async function measureChanges(headgate: StartedHeadgate, shops: Shops, options: ScaleOptions): Promise<ScaleFigures> {
  const { running, readyAfterMs, httpPort, httpsPort, adminPort } = headgate;
  const { count, changes: many, say, rate } = options;
  await sleep(SETTLE_MS);
  const readyKb = residentKb(running.pid);
  using prober = new Prober({ http: httpPort, https: httpsPort });
  await prober.untilLive({ kind: "status", host: hostOf(0), status: 200 });
  using traffic = new Traffic({ httpPort, httpsPort, adminPort, hosts: count, tlsHosts: CERTIFICATES, rate });
  await sleep(SETTLE_MS);
  await traffic.report();
  const changes: ChangeFigures[] = [];
  let before = await readOwnCounts(adminPort);
  for (const [position, kind] of KINDS.entries()) {
    const times = MANY.has(kind) ? many : Math.max(1, Math.ceil(many / RARE_DIVISOR));
    const liveAfterMs: number[] = [];
    // Kinds change objects of their own: what one kind did must not hide what another does.
    const first = Math.floor((count * position) / KINDS.length);
    for (let i = 0; i < times; i++) liveAfterMs.push(await measureChange(shops, prober, { kind, index: first + i }));
    const load = await traffic.report();
    const now = await readOwnCounts(adminPort);
    changes.push({ kind, liveAfterMs, own: countsSince(before, now), load });
    before = now;
    say(`${kind}: ${times} changes`);
  }
  const random = await changeAtRandom(shops, traffic, options);
  return { readyAfterMs, readyKb, endKb: residentKb(running.pid), changes, random };
}

async function measureChange(
  shops: Shops,
  prober: Prober,
  { kind, index }: { readonly kind: ChangeKind; readonly index: number },
): Promise<number> {
  const change = shops.change(kind, index);
  const live = prober.untilLive(change.expect);
  const [changedAt, liveAt] = await Promise.all([change.make(), live]);
  await sleep(BETWEEN_CHANGES_MS);
  return Number(liveAt - changedAt) / 1e6;
}

/** Mostly Ingresses, EndpointSlices and Services as in a cluster's day, with a few of the others. */
async function changeAtRandom(shops: Shops, traffic: Traffic, options: ScaleOptions): Promise<ScaleFigures["random"]> {
  const random = seededRandom(9);
  const startMs = performance.now();
  for (let i = 0; i < options.randomChanges; i++) {
    const among = random() < OTHER_SHARE ? KINDS : KINDS.filter((kind) => kind !== "ConfigMap" && kind !== "Secret");
    const kind = among[Math.floor(random() * among.length)] ?? "Ingress";
    await shops.change(kind, Math.floor(random() * options.count)).make();
    await sleep(BETWEEN_RANDOM_CHANGES_MS);
  }
  await sleep(SETTLE_MS);
  const seconds = (performance.now() - startMs) / 1000;
  options.say(`${options.randomChanges} random changes`);
  return { changes: options.randomChanges, seconds, load: await traffic.report() };
}

function makePairs(count: number): readonly Pair[] {
  const ca = createDevCa(systemClock);
  return Array.from({ length: count }, () => {
    const { certPem, keyPem } = ca.issue(ANY_HOST);
    return { cert: certPem, key: revealSecret(keyPem) };
  });
}
