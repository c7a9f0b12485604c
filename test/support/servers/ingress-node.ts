import { createServer } from "node:net";
import { once } from "node:events";
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { HeadgateProcess } from "./headgate-process.ts";
import type { Target } from "../clients/raw-client.ts";

/** Ports that every node of a test has alike, as host ports are. */
export interface NodePorts {
  readonly http: number;
  readonly https: number;
  readonly health: number;
  readonly webhook: number;
}

/** Ports that are free on every loopback address right now. */
export async function freePorts(): Promise<NodePorts> {
  const servers = Array.from({ length: 4 }, () => createServer().listen(0, "0.0.0.0"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const [http = 0, https = 0, health = 0, webhook = 0] = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" ? (address?.port ?? 0) : 0;
  });
  for (const server of servers) server.close();
  return { http, https, health, webhook };
}

/**
 * A node of the cluster that runs one pod of a DaemonSet on the host's network. Here a node is a loopback address, so that all have
 * the same ports.
 */
export class IngressNode implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly ports: NodePorts;
  #pod: HeadgateProcess | null = null;

  constructor(address: string, ports: NodePorts) {
    this.name = `node-${address.replaceAll(".", "-")}`;
    this.address = address;
    this.ports = ports;
  }

  /** Runs the container's arguments with this node's addresses behind them; resolves once the ports are open. */
  async start(pod: string, args: readonly string[]): Promise<HeadgateProcess> {
    const { http, https, health, webhook } = this.ports;
    this.#pod = await HeadgateProcess.container(pod, [
      ...args,
      `--bind-address=${this.address}`,
      `--http-port=${http}`,
      `--https-port=${https}`,
      `--healthz-host=${this.address}`,
      `--healthz-port=${health}`,
      `--validating-webhook=${this.address}:${webhook}`,
    ]);
    return this.#pod;
  }

  /** What kubelet does to end a pod; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#pod?.kill("SIGTERM");
    return (await this.#pod?.exited) ?? null;
  }

  async kill(): Promise<void> {
    this.#pod?.kill("SIGKILL");
    await this.#pod?.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pod?.[Symbol.asyncDispose]();
  }
}

const CHECK_EVERY_MS = 50;
const CHECK_LIMIT_MS = 1_000;
const HEALTHY_LIMIT_MS = 60_000;

/** A load balancer in front of ingress nodes: it looks at their readiness again and again, and takes turns among those that are ready. */
export class NodeBalancer implements AsyncDisposable {
  readonly #nodes: readonly IngressNode[];
  readonly #path: string;
  readonly #ready = new Set<IngressNode>();
  /** Taken out by hand. */
  readonly #cordoned = new Set<IngressNode>();
  readonly #running: Promise<unknown>;
  #stopped = false;
  #turn = 0;

  constructor(nodes: readonly IngressNode[], path: string) {
    this.#nodes = nodes;
    this.#path = path;
    this.#running = Promise.all(nodes.map((node) => this.#check(node)));
  }

  /** Where the next connection goes. */
  target(): Target {
    const choice = this.#nodes.filter((node) => this.#ready.has(node) && !this.#cordoned.has(node));
    const node = choice[this.#turn++ % choice.length];
    if (node === undefined) throw new Error("no node is ready");
    return { address: node.address, port: node.ports.http };
  }

  cordon(node: IngressNode): void {
    this.#cordoned.add(node);
  }

  uncordon(node: IngressNode): void {
    this.#cordoned.delete(node);
  }

  /** Rejects after a minute. */
  async untilReady(node: IngressNode): Promise<void> {
    const deadline = AbortSignal.timeout(HEALTHY_LIMIT_MS);
    while (!this.#ready.has(node)) await sleep(CHECK_EVERY_MS, undefined, { signal: deadline });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #check(node: IngressNode): Promise<void> {
    while (!this.#stopped) {
      if (await isReady(node, this.#path)) this.#ready.add(node);
      else this.#ready.delete(node);
      await sleep(CHECK_EVERY_MS);
    }
  }
}

async function isReady(node: IngressNode, path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const signal = AbortSignal.timeout(CHECK_LIMIT_MS);
  const request = get({ host: node.address, port: node.ports.health, path, agent: false, signal }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  });
  request.once("error", () => resolve(false));
  return promise;
}
