import { setTimeout as sleep } from "node:timers/promises";
import { LAB } from "../../test/kubernetes/lab/addresses.ts";
import { startOnCluster, type StartedHeadgate } from "../scale/headgate.ts";
import { hostOf, type StartOptions } from "../scale/objects.ts";
import { Prober } from "../scale/prober.ts";
import { startScaleBackend } from "../scale/scale-backend.ts";
import { type ChangeKind, Shops } from "../scale/shop.ts";
import { type ImageProgram, openImageProgram } from "../support/image-program.ts";
import { anonymousKb, residentKb } from "../support/proc.ts";
import { LabCluster } from "./lab-cluster.ts";

export interface KubernetesOptions {
  readonly count: number;
  readonly changes: number;
  /** Worker threads, one start after the other. */
  readonly workers: readonly number[];
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** What one start of Headgate showed. */
export interface KubernetesFigures {
  readonly workers: number;
  readonly readyAfterMs: number;
  /** From ready to the last status; null when some were missing after two minutes. */
  readonly statusesAfterMs: number | null;
  /** After the last status, and after the last change. */
  readonly memory: Readonly<Record<MeasuredMoment, Memory>>;
  /** From just before the request is sent to the last connection that saw the change, in milliseconds. */
  readonly liveAfterMs: Readonly<Record<MeasuredKind, readonly number[]>>;
}

export type MeasuredKind = "Ingress" | "EndpointSlice";
export type MeasuredMoment = "statuses" | "changes";

/** Of the whole process. */
interface Memory {
  readonly residentKb: number;
  /** What no file is behind. */
  readonly anonymousKb: number;
}

const STATUS_LIMIT_MS = 120_000;
const SETTLE_MS = 3_000;
const BETWEEN_CHANGES_MS = 50;

/** Fills the lab's API server and starts Headgate on it, once for each number of workers. */
export async function measureKubernetes(
  kubeconfig: string,
  options: KubernetesOptions,
): Promise<readonly KubernetesFigures[]> {
  const { count, directory, say } = options;
  const backend = await startScaleBackend(directory);
  try {
    using cluster = new LabCluster(kubeconfig);
    const addresses = [LAB.server, LAB.server.replace(/1$/, "2")] as const;
    const start: StartOptions = { count, ports: backend.ports, addresses, certificates: [] };
    await cluster.createAll(start);
    say(`the API server holds ${count} Ingresses, Services and EndpointSlices`);
    const shops = new Shops(cluster, start, []);
    const figures: KubernetesFigures[] = [];
    const program = openImageProgram();
    for (const workers of options.workers) {
      figures.push(await measureStart(cluster, shops, { ...options, ...program, workers }));
    }
    return figures;
  } finally {
    await backend.stop();
  }
}

type StartOptionsOf = Omit<KubernetesOptions, "workers"> & ImageProgram & { readonly workers: number };

async function measureStart(cluster: LabCluster, shops: Shops, options: StartOptionsOf): Promise<KubernetesFigures> {
  const { workers, count, say } = options;
  // Another address each time: every status has to be written.
  const address = `${LAB.balancerPrefix}${200 + workers}`;
  const flags = {
    "publish-status-address": address,
    "disable-leader-election": "true",
    "update-status-on-shutdown": "false",
  };
  const headgate = await startOnCluster(cluster.kubeconfig, { ...options, flags });
  const readyAtMs = performance.now();
  say(`${workers} workers: ready after ${Math.round(headgate.readyAfterMs)} ms`);
  try {
    const statusesAfterMs = await cluster.untilStatuses(address, { count, limitMs: STATUS_LIMIT_MS }).then(
      () => performance.now() - readyAtMs,
      (error: unknown) => {
        say(String(error));
        return null;
      },
    );
    await sleep(SETTLE_MS);
    const statuses = memoryOf(headgate);
    const liveAfterMs = await measureChanges(headgate, shops, options);
    const memory = { statuses, changes: memoryOf(headgate) };
    return { workers, readyAfterMs: headgate.readyAfterMs, statusesAfterMs, memory, liveAfterMs };
  } finally {
    await headgate.running.stop();
  }
}

function memoryOf({ running: { pid } }: StartedHeadgate): Memory {
  return { residentKb: residentKb(pid), anonymousKb: anonymousKb(pid) };
}

async function measureChanges(
  { httpPort, httpsPort }: StartedHeadgate,
  shops: Shops,
  { changes, count, say }: StartOptionsOf,
): Promise<KubernetesFigures["liveAfterMs"]> {
  using prober = new Prober({ http: httpPort, https: httpsPort });
  await prober.untilLive({ kind: "status", host: hostOf(0), status: 200 });
  const measured: Record<MeasuredKind, number[]> = { Ingress: [], EndpointSlice: [] };
  // Kinds change objects of their own: what one kind did must not hide what another does.
  const firsts: readonly (readonly [kind: MeasuredKind & ChangeKind, first: number])[] = [
    ["Ingress", 0],
    ["EndpointSlice", Math.floor(count / 2)],
  ];
  for (const [kind, first] of firsts) {
    for (let i = 0; i < changes; i++) {
      const change = shops.change(kind, first + i);
      const live = prober.untilLive(change.expect);
      const [sentAt, liveAt] = await Promise.all([change.make(), live]);
      measured[kind].push(Number(liveAt - sentAt) / 1e6);
      await sleep(BETWEEN_CHANGES_MS);
    }
    say(`${kind}: ${changes} changes`);
  }
  return measured;
}
