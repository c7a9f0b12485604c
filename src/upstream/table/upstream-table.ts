import type { Clock } from "../../lib/clock.ts";
import type { DescriptorQuota } from "../../lib/descriptor-quota.ts";
import type { Logger } from "../../lib/logger.ts";
import { onlyShard } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import { DEFAULT_SETTINGS, type DataPlaneSettings } from "../../model/settings.ts";
import type { EndpointSet, Upstream } from "../../model/upstream.ts";
import type { UpstreamSecurity } from "../../model/upstream-security.ts";
import { checkEndpointTls, type EndpointTls, connectHttp1, connectHttp2, type TimerWheel } from "../../wire/wire.ts";
import { AnswerTimes, type AnswerTimesMemory, createAnswerTimesMemory } from "../connections/answer-times.ts";
import { boundDial } from "../connections/bounded-dial.ts";
import { IdleConnections } from "../connections/idle-connections.ts";
import type { PoolContext } from "../connections/pool-context.ts";
import { openSystemResolver, type AddressResolver } from "../connections/resolver.ts";
import { UpstreamRuntime } from "./upstream-runtime.ts";

export interface UpstreamTableOptions {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Default: real sockets. */
  readonly connect?: typeof connectHttp1;
  readonly connectHttp2?: typeof connectHttp2;
  /** Looks up ExternalName hosts; default: the system's name servers. */
  readonly resolver?: AddressResolver;
  /** Goes into new affinity cookies. */
  readonly processId: number;
  /** What several threads know of endpoints; default: this one's own. */
  readonly answerTimes?: AnswerTimesMemory;
  /** The share of the process' descriptors, and how much of it this thread may keep for idle connections; default: no limit. */
  readonly descriptors?: { readonly quota: DescriptorQuota; readonly idleLimit: number } | null;
}

/** Endpoints that balancers remember answer times of, at most: 1.3 MB. */
export const ANSWER_TIMES_CAPACITY = 65_536;

/** In place of what is not there. */
const UNKNOWN: EndpointTls = { serverName: null, verify: true, trustPem: "" };

/** All upstreams of one thread. Changes never touch a request in flight. */
export class UpstreamTable {
  readonly #context: PoolContext;
  readonly #idleLimit: number;
  readonly #upstreams = new Map<string, UpstreamRuntime>();
  /** Endpoint sets are a publication of their own and may come before their upstream. */
  readonly #endpoints = new Map<string, EndpointSet>();
  readonly #securities = new Map<string, EndpointTls>();
  /** Those of them that can be used. */
  readonly #usable = new Set<EndpointTls>();

  constructor(options: UpstreamTableOptions) {
    const idle = new IdleConnections(options.wheel, options.clock);
    const { connect = connectHttp1, connectHttp2: connectSession = connectHttp2, descriptors = null } = options;
    this.#idleLimit = descriptors?.idleLimit ?? Number.POSITIVE_INFINITY;
    this.#context = {
      wheel: options.wheel,
      clock: options.clock,
      random: options.random,
      logger: options.logger,
      connect: descriptors === null ? connect : boundDial(connect, descriptors.quota, idle),
      connectHttp2: descriptors === null ? connectSession : boundDial(connectSession, descriptors.quota, idle),
      resolver: options.resolver ?? openSystemResolver(),
      idle,
      securities: this.#usable,
      times: new AnswerTimes(options.answerTimes ?? createAnswerTimesMemory(ANSWER_TIMES_CAPACITY)),
      processId: options.processId,
      keepalive: this.#within(DEFAULT_SETTINGS.dataPlane.upstreamKeepalive),
    };
  }

  /** Takes over upstreams, endpoints and the keep-alive settings; the rest of the delta is others' business. */
  apply(delta: ModelDelta): void {
    const settings = onlyShard(delta.settings);
    if (settings) this.#context.keepalive = this.#within(settings.dataPlane.upstreamKeepalive);
    for (const [id, security] of delta.upstreamSecurity) this.#setSecurity(id, security);
    for (const [id, upstream] of delta.upstreams) this.#setUpstream(id, upstream);
    for (const [id, set] of delta.endpoints) {
      if (set === null) this.#endpoints.delete(id);
      else this.#endpoints.set(id, set);
      this.#upstreams.get(id)?.setEndpoints(set?.endpoints ?? [], set?.absence);
    }
  }

  get(id: string): UpstreamRuntime | undefined {
    return this.#upstreams.get(id);
  }

  /** What is not there, or cannot be used, is something under which no connection is made. */
  securityOf(id: string): EndpointTls {
    return this.#securities.get(id) ?? UNKNOWN;
  }

  /** How many connections wait for a request, over all upstreams. */
  get idleConnections(): number {
    return this.#context.idle.size;
  }

  /** Closes idle connections and stops every timer and look-up. Requests in flight finish. */
  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.close();
    this.#upstreams.clear();
    this.#context.idle.close();
    this.#context.resolver.close();
  }

  /** Idle connections must leave descriptors to those at work. */
  #within(keepalive: DataPlaneSettings["upstreamKeepalive"]): DataPlaneSettings["upstreamKeepalive"] {
    return { ...keepalive, connections: Math.min(keepalive.connections, this.#idleLimit) };
  }

  /** Connections that were made under another one of the same name serve nobody any more. */
  #setSecurity(id: string, security: UpstreamSecurity | null): void {
    const before = this.#securities.get(id);
    if (before !== undefined) {
      this.#usable.delete(before);
      for (const upstream of this.#upstreams.values()) upstream.retireSecurity(before);
    }
    if (security === null) {
      this.#securities.delete(id);
      return;
    }
    const fault = checkEndpointTls(security);
    if (fault === null) this.#usable.add(security);
    else this.#context.logger.error({ security: id, detail: fault }, "an upstream's security cannot be used");
    this.#securities.set(id, security);
  }

  #setUpstream(id: string, upstream: Upstream | null): void {
    const existing = this.#upstreams.get(id);
    if (upstream === null) {
      existing?.close();
      this.#upstreams.delete(id);
      return;
    }
    if (existing !== undefined) {
      existing.setUpstream(upstream);
      return;
    }
    const created = new UpstreamRuntime(upstream, this.#context);
    const set = this.#endpoints.get(id);
    created.setEndpoints(set?.endpoints ?? [], set?.absence);
    this.#upstreams.set(id, created);
  }
}
