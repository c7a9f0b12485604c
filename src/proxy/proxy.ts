/** Door of the data plane: sockets in, upstreams out, and a model that can be replaced at any moment. */
import { setImmediate as loopEnded } from "node:timers/promises";
import type { Secret } from "../lib/secret.ts";
import type { ModelDelta, ModelSink } from "../model/model.ts";
import type { SocketPlan } from "../model/socket.ts";
import { buildParts, type ProxyOptions, type ProxyParts } from "./parts.ts";

export { createLimitsHolder, createLimitsMemory, reclaimLimits } from "./filters/limits/limits.ts";
export type { LimitsHolder, LimitsMemory } from "./filters/limits/limits.ts";
export { ANSWER_TIMES_CAPACITY, type AnswerTimesMemory, createAnswerTimesMemory } from "../upstream/upstream.ts";
export { LIMITS_CAPACITY, type ProxyOptions } from "./parts.ts";

/** A running data plane. Until the first `apply` it answers 503. Sockets of the model are opened by `setSockets` alone. */
export interface Proxy extends ModelSink {
  readonly ports: Ports;
  readonly openConnections: number;
  readonly load: ProxyLoad;
  /** Opens every socket of the plan, or none: rejects when one cannot be bound. Called once. */
  listen(plan: SocketPlan): Promise<void>;
  /** Opens, changes and closes sockets until they are those of the plan, as `ProxyOptions.onSocket` is told. After `listen`. */
  setSockets(plan: SocketPlan): void;
  /** Sessions from before are not resumed any more. */
  setTicketSecret(secret: Secret): void;
  /** Stops accepting, lets exchanges and tunnels finish, cuts the rest after `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
  /** Cuts everything at once. */
  close(): Promise<void>;
}

/** How much a data plane has to do. */
export interface ProxyLoad {
  /** Exchanges under way, tunnels included. */
  readonly running: number;
  /** Connections to endpoints that wait for their next request. */
  readonly idleUpstreamConnections: number;
}

/** Bound ports by the socket's id; 0 where none is bound. */
export interface Ports extends Readonly<Record<string, number>> {
  readonly http: number;
  readonly https: number;
}

/** A data plane whose sockets are open. Rejects when one cannot be bound; nothing stays open then. */
export async function openProxy(options: ProxyOptions, plan: SocketPlan): Promise<Proxy> {
  const proxy = createProxy(options);
  await proxy.listen(plan);
  return proxy;
}

/** A data plane that takes a model, but no connection before `listen`. */
export function createProxy(options: ProxyOptions): Proxy {
  return new RunningProxy(buildParts(options));
}

/** As `Proxy.ports`. */
export function portsOf(bound: Iterable<readonly [socket: string, port: number]>): Ports {
  return { http: 0, https: 0, ...Object.fromEntries(bound) };
}

class RunningProxy implements Proxy {
  readonly #parts: ProxyParts;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  async listen(plan: SocketPlan): Promise<void> {
    try {
      await this.#parts.sockets.open(plan);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  setSockets(plan: SocketPlan): void {
    this.#parts.sockets.set(plan);
  }

  get ports(): Ports {
    return portsOf(this.#parts.sockets.ports);
  }

  setTicketSecret(secret: Secret): void {
    this.#parts.certificates.setTicketSecret(secret);
  }

  get openConnections(): number {
    return this.#parts.sockets.connections;
  }

  get load(): ProxyLoad {
    const { core, upstreams } = this.#parts;
    return { running: core.log.running, idleUpstreamConnections: upstreams.idleConnections };
  }

  apply(delta: ModelDelta): void {
    this.#parts.runtime.apply(delta);
    this.#parts.gate?.open();
  }

  /** Connections are waited for, not exchanges: the last bytes of an answer may still be on their way when its exchange has finished. */
  async drain(graceMs: number): Promise<void> {
    const { sockets, gate } = this.#parts;
    const stopped = sockets.stopAccepting();
    gate?.open();
    await sockets.drain(graceMs);
    await this.close();
    await stopped;
  }

  /** Resolves when the observer knows of every exchange: the last ones may wait for the end of the loop's iteration. */
  async close(): Promise<void> {
    const { sockets, gate } = this.#parts;
    gate?.close();
    const stopped = sockets.stopAccepting();
    sockets.destroy();
    await stopped;
    this.#parts.close();
    await loopEnded();
  }
}
