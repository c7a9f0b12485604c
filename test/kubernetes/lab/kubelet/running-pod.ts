import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { LabApi } from "../api.ts";
import { commandOf, programOf } from "./images.ts";
import { closePodNetwork, openPodNetwork, pidsOf } from "./pod-network.ts";
import { signalContainer, startContainer, startInContainer } from "./pod-process.ts";
import { type Container, type Pod, podPath, type Probe } from "./pod.ts";

const PROBE_LIMIT_MS = 2_000;
const RESTART_MS = 1_000;

export interface PodPlace {
  readonly address: string;
  readonly volumes: string;
  readonly log: string;
}

/** The processes of one pod, and what its status says of them. */
export class RunningPod {
  readonly #api: LabApi;
  readonly #pod: Pod;
  readonly #place: PodPlace;
  readonly #network: string;
  readonly #children = new Map<string, ChildProcess>();
  readonly #ready = new Map<string, boolean>();
  readonly #exitCodes = new Map<string, number>();
  readonly #restarts = new Map<string, number>();
  readonly #startedAt = new Date().toISOString();
  #ended = false;
  #stopping: Promise<unknown> | null = null;

  constructor(api: LabApi, pod: Pod, place: PodPlace) {
    this.#api = api;
    this.#pod = pod;
    this.#place = place;
    this.#network = `pod-${pod.metadata.uid.replaceAll("-", "").slice(-12)}`;
  }

  /** `namespace/name` */
  get name(): string {
    const { namespace, name } = this.#pod.metadata;
    return `${namespace}/${name}`;
  }

  signal(signal: NodeJS.Signals): void {
    for (const pid of pidsOf(this.#network)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended with the one before it.
      }
    }
  }

  async start(): Promise<void> {
    openPodNetwork(this.#network, this.#place.address);
    for (const container of this.#pod.spec.containers) this.#run(container);
    await this.#report();
    for (const container of this.#pod.spec.containers) void this.#probe(container);
  }

  /**
   * The hooks that come before the end, then SIGTERM, and SIGKILL when the grace period of both is over, or sooner if it is told so again with
   * a shorter one.
   */
  async end(graceSeconds: number): Promise<void> {
    const isFirst = !this.#ended;
    const endMs = Date.now() + graceSeconds * 1_000;
    this.#ended = true;
    this.#stopping ??= Promise.all(this.#pod.spec.containers.map((container) => this.#runPreStop(container)));
    await Promise.race([this.#stopping, sleep(graceSeconds * 1_000, undefined, { ref: false })]);
    const leftMs = Math.max(0, endMs - Date.now());
    await Promise.all([...this.#children.values()].map((child) => endProcess(child, leftMs)));
    if (isFirst) closePodNetwork(this.#network);
  }

  /** What came of it is in the pod's log. */
  async #runPreStop({ name, image, lifecycle }: Container): Promise<void> {
    const command = lifecycle?.preStop?.exec?.command;
    const container = this.#children.get(name);
    if (command === undefined || container === undefined) return;
    const startMs = Date.now();
    const { log } = this.#place;
    const hook = startInContainer(container, commandOf(image, command), { env: {}, log });
    const end = hook === null ? "not started" : await endOf(hook);
    appendFileSync(log, `kubelet: preStop ${command.join(" ")}: ${end} after ${Date.now() - startMs} ms\n`);
  }

  #run(container: Container): void {
    const program = programOf(container.image);
    this.#ready.set(container.name, program === null || container.readinessProbe === undefined);
    if (program === null) return;
    const child = startContainer(program, container, this.#pod, { ...this.#place, network: this.#network });
    this.#children.set(container.name, child);
    child.on("error", () => {});
    child.on("exit", (code) => void this.#onExit(container, code ?? 137));
  }

  async #onExit(container: Container, code: number): Promise<void> {
    if (this.#ended) return;
    const { restartPolicy = "Always" } = this.#pod.spec;
    this.#children.delete(container.name);
    this.#ready.set(container.name, false);
    if (restartPolicy === "Always" || (restartPolicy === "OnFailure" && code !== 0)) {
      this.#restarts.set(container.name, (this.#restarts.get(container.name) ?? 0) + 1);
      await this.#report();
      await sleep(RESTART_MS);
      if (!this.#ended) this.#run(container);
      return;
    }
    this.#exitCodes.set(container.name, code);
    await this.#report();
  }

  async #probe({ name, ports = [], readinessProbe }: Container): Promise<void> {
    const http = readinessProbe?.httpGet;
    if (http === undefined || !this.#children.has(name)) return;
    const port = typeof http.port === "number" ? http.port : ports.find((one) => one.name === http.port)?.containerPort;
    while (!this.#ended) {
      const ready = this.#children.has(name) && (await answers(this.#place.address, port ?? 80, http));
      if (this.#ended) return;
      if (ready !== this.#ready.get(name)) {
        this.#ready.set(name, ready);
        await this.#report();
      }
      await sleep(Math.min(readinessProbe?.periodSeconds ?? 1, 1) * 500);
    }
  }

  /** Writes the status; what the API server does not take now is written with the next change. */
  async #report(): Promise<void> {
    const { containers } = this.#pod.spec;
    const ready = containers.every(({ name }) => this.#ready.get(name) === true);
    const finished = containers.every(({ name }) => this.#exitCodes.has(name));
    const failed = [...this.#exitCodes.values()].some((code) => code !== 0);
    const conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => {
      const holds = type === "PodScheduled" || type === "Initialized" || (ready && !finished);
      return { type, status: holds ? "True" : "False", lastTransitionTime: new Date().toISOString() };
    });
    const status = {
      phase: finished ? (failed ? "Failed" : "Succeeded") : "Running",
      podIP: this.#place.address,
      podIPs: [{ ip: this.#place.address }],
      startTime: this.#startedAt,
      conditions,
      containerStatuses: containers.map((container) => this.#statusOf(container)),
    };
    for (let tries = 0; tries < 20 && !this.#ended; tries++) {
      const answer = await this.#api.send("PATCH", `${podPath(this.#pod)}/status`, { status }).catch(() => null);
      if (answer?.status === 200 || answer?.status === 404) return;
      await sleep(RESTART_MS);
    }
  }

  #statusOf({ name, image }: Container): object {
    const code = this.#exitCodes.get(name);
    const at = new Date().toISOString();
    const state =
      code === undefined
        ? { running: { startedAt: this.#startedAt } }
        : {
            terminated: {
              exitCode: code,
              startedAt: this.#startedAt,
              finishedAt: at,
              reason: code === 0 ? "Completed" : "Error",
            },
          };
    const restartCount = this.#restarts.get(name) ?? 0;
    return { name, image, imageID: image, ready: this.#ready.get(name) === true, started: true, restartCount, state };
  }
}

async function endProcess(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  signalContainer(child, "SIGTERM");
  const force = setTimeout(() => signalContainer(child, "SIGKILL"), graceMs);
  await exited;
  clearTimeout(force);
}

/** Its exit code or signal, in words. */
async function endOf(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
  child.once("error", () => resolve("not started"));
  return await promise;
}

function answers(host: string, port: number, { path = "/" }: NonNullable<Probe["httpGet"]>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asked = get({ host, port, path, agent: false, signal: AbortSignal.timeout(PROBE_LIMIT_MS) }, (response) => {
    response.resume();
    resolve((response.statusCode ?? 500) < 400);
  });
  asked.on("error", () => resolve(false));
  return promise;
}
