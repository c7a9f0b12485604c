import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LAB, NODES } from "../addresses.ts";
import type { LabApi } from "../api.ts";
import { closeBridge, openBridge } from "./pod-network.ts";
import { PodToken } from "./pod-token.ts";
import { type Pod, podPath } from "./pod.ts";
import { RunningPod } from "./running-pod.ts";
import { PodVolumes } from "./volumes.ts";

const VOLUME_RETRY_MS = 300;
/** A kubelet looks about once a minute. */
const VOLUME_SYNC_MS = 1_000;

export interface KubeletOptions {
  readonly folder: string;
  /** File with the key that the API server signs tokens with. */
  readonly signingKey: string;
}

interface PodFiles {
  readonly token: PodToken;
  readonly volumes: PodVolumes;
  held: boolean;
}

/**
 * A scheduler and a kubelet without containers: it binds every pod to a node, waits for what its volumes need, gives it an address and a
 * network namespace, starts the programs that stand for its images, asks their readiness probes and says so in the pod's status.
 */
export class FakeKubelet {
  readonly #api: LabApi;
  readonly #options: KubeletOptions;
  readonly #pods = new Map<string, RunningPod | "starting">();
  readonly #files = new Map<RunningPod, PodFiles>();
  readonly #ending = new Map<RunningPod, Promise<void>>();
  #lastNode = 0;
  #lastAddress = 256;
  #syncing: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(api: LabApi, options: KubeletOptions) {
    this.#api = api;
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  async start(): Promise<void> {
    openBridge();
    for (const node of NODES) await this.#register(node);
    void this.#syncVolumes();
    void this.#api.follow<Pod>("/api/v1/pods", {
      onObject: (pod) => this.#see(pod),
      onGone: (pod) => void this.#end(pod),
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#syncing !== null) clearTimeout(this.#syncing);
    const running = [...this.#pods.values()].filter((pod) => pod !== "starting");
    this.#pods.clear();
    await Promise.all([...running, ...this.#ending.keys()].map((pod) => pod.end(1)));
    await Promise.all(this.#ending.values());
    closeBridge();
  }

  /** To every process of the pod `namespace/name`. Throws when there is none, like everything that names a pod. */
  signal(pod: string, signal: NodeJS.Signals): void {
    this.#running(pod).signal(signal);
  }

  /** Tokens of the pod live that long, also less than the API server gives; resolves when the first one is in its files. */
  async shortenTokens(pod: string, seconds: number): Promise<void> {
    const { token, volumes } = this.#filesOf(pod);
    token.shorten(seconds);
    await volumes.sync();
  }

  /** Nothing in the volumes of the pod changes any more, tokens included. */
  holdVolumes(pod: string): void {
    this.#filesOf(pod).held = true;
  }

  /** Resolves when they are up to date again. */
  async releaseVolumes(pod: string): Promise<void> {
    const files = this.#filesOf(pod);
    files.held = false;
    await files.volumes.sync();
  }

  #running(pod: string): RunningPod {
    const running = [...this.#pods.values()].find((one) => one !== "starting" && one.name === pod);
    if (running === undefined || running === "starting") throw new Error(`no pod ${pod} is running`);
    return running;
  }

  #filesOf(pod: string): PodFiles {
    const files = this.#files.get(this.#running(pod));
    if (files === undefined) throw new Error(`the pod ${pod} has no files`);
    return files;
  }

  /** What cannot be read now is read in the next round. */
  async #syncVolumes(): Promise<void> {
    for (const { volumes, held } of this.#files.values()) if (!held) await volumes.sync().catch(() => false);
    if (!this.#stopped) this.#syncing = setTimeout(() => void this.#syncVolumes(), VOLUME_SYNC_MS);
  }

  async #register({ name, address }: (typeof NODES)[number]): Promise<void> {
    const labels = {
      "kubernetes.io/os": "linux",
      "kubernetes.io/hostname": name,
      "node-role.kubernetes.io/ingress": "",
    };
    const metadata = { name, labels };
    await this.#api.send("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata });
    const ready = { type: "Ready", status: "True", reason: "Lab", message: "there is no kubelet to fail" };
    const addresses = [{ type: "InternalIP", address }];
    const status = { conditions: [{ ...ready, lastHeartbeatTime: now(), lastTransitionTime: now() }], addresses };
    await this.#api.send("PATCH", `/api/v1/nodes/${name}/status`, { status });
    // The admission plugin taints new nodes; nobody here would take that away.
    await this.#api.send("PATCH", `/api/v1/nodes/${name}`, { spec: { taints: null } });
  }

  /** What the API server does not take now is tried when it lists the pod again. */
  #see(pod: Pod): void {
    const { metadata, spec, status } = pod;
    if (metadata.deletionTimestamp !== undefined) void this.#end(pod);
    else if (spec.nodeName === undefined) void this.#bind(pod).catch(() => {});
    else if (status.phase === "Pending" && !this.#pods.has(metadata.uid)) void this.#run(pod);
  }

  async #bind(pod: Pod): Promise<void> {
    const wanted = NODES.find(({ name }) => JSON.stringify(pod.spec.affinity ?? null).includes(`"${name}"`));
    const { name } = wanted ?? NODES[this.#lastNode++ % NODES.length] ?? NODES[0];
    const target = { apiVersion: "v1", kind: "Node", name };
    await this.#api.send("POST", `${podPath(pod)}/binding`, {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: pod.metadata.name },
      target,
    });
  }

  async #run(pod: Pod): Promise<void> {
    const { uid, name, namespace } = pod.metadata;
    this.#pods.set(uid, "starting");
    const { folder, signingKey } = this.#options;
    const token = new PodToken(this.#api, pod, signingKey);
    const volumes = new PodVolumes(this.#api, pod, { folder: join(folder, uid), token });
    while (this.#pods.get(uid) === "starting") {
      if (await volumes.sync().catch(() => false)) break;
      await sleep(VOLUME_RETRY_MS);
    }
    if (this.#pods.get(uid) !== "starting") return;
    const address = pod.spec.hostNetwork === true ? nodeAddress(pod) : this.#nextAddress();
    const log = join(folder, `${namespace}_${name}.log`);
    const running = new RunningPod(this.#api, pod, { address, volumes: join(folder, uid), log });
    this.#pods.set(uid, running);
    this.#files.set(running, { token, volumes, held: false });
    await running.start();
  }

  async #end(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    const running = this.#pods.get(uid);
    this.#pods.delete(uid);
    if (running !== undefined && running !== "starting") {
      this.#files.delete(running);
      const ended = running.end(pod.spec.terminationGracePeriodSeconds ?? 30);
      this.#ending.set(running, ended);
      await ended;
      this.#ending.delete(running);
    }
    if (pod.metadata.deletionTimestamp === undefined) return;
    await this.#api.send("DELETE", podPath(pod), { gracePeriodSeconds: 0, preconditions: { uid } }).catch(() => null);
  }

  #nextAddress(): string {
    const number = this.#lastAddress++;
    return `${LAB.podPrefix}.${Math.floor(number / 250)}.${2 + (number % 250)}`;
  }
}

function nodeAddress({ spec }: Pod): string {
  return NODES.find(({ name }) => name === spec.nodeName)?.address ?? NODES[0].address;
}

function now(): string {
  return new Date().toISOString();
}
