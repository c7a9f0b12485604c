import { hash } from "node:crypto";
import type { Retry, Timeouts } from "../../model/forward.ts";
import { formatEndpoint, type Endpoint, type Upstream } from "../../model/upstream.ts";
import type { EndpointTls } from "../../wire/wire.ts";
import type { Balancer } from "../balance/balancer.ts";
import { Ejections } from "../balance/ejections.ts";
import { type EndpointProtocol, EndpointRuntime } from "../connections/endpoint.ts";
import { compileHashRing, findOwner, type HashRing } from "../balance/hash-ring.ts";
import { NameWatch } from "../connections/name-watch.ts";
import { EwmaBalancer } from "../balance/ewma.ts";
import { RoundRobinBalancer } from "../balance/round-robin.ts";
import type { PoolContext } from "../connections/pool-context.ts";
import { RetryAllowance } from "../balance/retry-allowance.ts";

/** How a request is sent that is tied to no endpoint: a `SendPlan`. */
interface UntiedPlan {
  readonly upstream: UpstreamRuntime;
  readonly protocol: EndpointProtocol;
  readonly security: EndpointTls | null;
  readonly timeouts: Timeouts;
  readonly retry: Retry;
  readonly stick: null;
}

/** One upstream at work: its endpoints with their connections, and the ways to choose among them. */
export class UpstreamRuntime {
  /** `<namespace>-<service>-<port>`. */
  readonly id: string;
  /** Second half of every affinity cookie of this upstream, as in ingress-nginx. */
  readonly backendKey: string;
  readonly context: PoolContext;
  readonly retries: RetryAllowance;
  #balancerKind: Upstream["balancer"];
  #balancer: Balancer;
  #configured: readonly Endpoint[] = [];
  #endpoints: readonly EndpointRuntime[] = [];
  readonly #ejections = new Ejections();
  readonly #names = new Map<string, NameWatch>();
  #ring: HashRing | null = null;
  #bySessionKey: ReadonlyMap<string, EndpointRuntime> | null = null;
  #absence = "";
  #lastPlan: UntiedPlan | null = null;
  #closed = false;

  constructor(upstream: Upstream, context: PoolContext) {
    this.id = upstream.id;
    this.backendKey = hash("md5", hash("md5", upstream.id) + upstream.id);
    this.context = context;
    this.retries = new RetryAllowance(context.clock.monotonicMs());
    this.#balancerKind = upstream.balancer;
    this.#balancer = openBalancer(upstream, context);
  }

  /** False: requests are answered 503 without an attempt. */
  get hasEndpoints(): boolean {
    return this.#endpoints.length > 0;
  }

  /** Why there are no endpoints, in one clause; empty where nothing is known of that. */
  get absence(): string {
    const [first] = this.#configured;
    return first?.kind === "name" ? `the name ${first.host} has no address, as far as DNS tells` : this.#absence;
  }

  /** True once the model has no such upstream any more; another one may have its id by now. */
  get closed(): boolean {
    return this.#closed;
  }

  get endpoints(): readonly EndpointRuntime[] {
    return this.#endpoints;
  }

  /** Nearly always the same as the last one: then it is the same object. */
  plan(protocol: EndpointProtocol, security: EndpointTls | null, timeouts: Timeouts, retry: Retry): UntiedPlan {
    const last = this.#lastPlan;
    if (last !== null && last.protocol === protocol && last.security === security) {
      if (last.timeouts === timeouts && last.retry === retry) return last;
    }
    this.#lastPlan = { upstream: this, protocol, security, timeouts, retry, stick: null };
    return this.#lastPlan;
  }

  /** The balancer's next answer. */
  pick(tried: readonly EndpointRuntime[]): EndpointRuntime | null {
    if (this.#ejections.expire(this.context.clock.monotonicMs())) this.#updateBalancer();
    return this.#balancer.pick(tried);
  }

  /** An attempt could not even connect: enough of these, and the balancer passes the endpoint over for a while. */
  failedToConnect(endpoint: EndpointRuntime): void {
    const { clock, logger } = this.context;
    if (!this.#ejections.failed(endpoint, this.#endpoints.length, clock.monotonicMs())) return;
    logger.warn({ upstream: this.id, endpoint: endpoint.id }, "an endpoint cannot be connected to and is passed over");
    this.#updateBalancer();
  }

  connected(endpoint: EndpointRuntime): void {
    if (this.#ejections.reached(endpoint)) this.#updateBalancer();
  }

  /** Tells the balancer how an attempt went. */
  observe(endpoint: EndpointRuntime, answerMs: number): void {
    this.#balancer.observe(endpoint, answerMs);
  }

  /** Owner of the key on the consistent-hash ring. */
  findByHash(key: string): EndpointRuntime | null {
    this.#ring ??= compileHashRing(this.#endpoints.map((endpoint) => endpoint.id));
    return this.#endpoints[findOwner(this.#ring, key)] ?? null;
  }

  /** The endpoint whose persistent session key this is. */
  findBySessionKey(key: string): EndpointRuntime | null {
    this.#bySessionKey ??= new Map(this.#endpoints.map((endpoint) => [this.sessionKey(endpoint), endpoint]));
    return this.#bySessionKey.get(key) ?? null;
  }

  /** Persistent session key of an endpoint: md5 of upstream name and address, so that it does not reveal the address. */
  sessionKey(endpoint: EndpointRuntime): string {
    return hash("md5", this.id + endpoint.id);
  }

  setUpstream(upstream: Upstream): void {
    if (upstream.balancer === this.#balancerKind) return;
    this.#balancerKind = upstream.balancer;
    this.#balancer = openBalancer(upstream, this.context);
    this.#updateBalancer();
  }

  /** Replaces the endpoints. Those that stay keep their connections; those that go finish what is in flight. */
  setEndpoints(endpoints: readonly Endpoint[], absence = ""): void {
    this.#configured = endpoints;
    this.#absence = absence;
    this.#watchNames(new Set(endpoints.filter((one) => one.kind === "name").map((one) => one.host)));
    this.#rebuild();
  }

  /** Nothing is asked any more under that security. */
  retireSecurity(security: EndpointTls): void {
    for (const endpoint of this.#endpoints) endpoint.retireSecurity(security);
  }

  close(): void {
    this.#closed = true;
    this.setEndpoints([]);
  }

  #watchNames(hosts: ReadonlySet<string>): void {
    for (const [host, watch] of this.#names) {
      if (hosts.has(host)) continue;
      watch.close();
      this.#names.delete(host);
    }
    for (const host of hosts) {
      if (this.#names.has(host)) continue;
      const watch = new NameWatch(host, this.context, () => this.#rebuild());
      this.#names.set(host, watch);
      watch.start();
    }
  }

  #rebuild(): void {
    const old = new Map(this.#endpoints.map((endpoint) => [endpoint.id, endpoint]));
    const next = new Map<string, EndpointRuntime>();
    for (const { address, port } of this.#addresses()) {
      const id = formatEndpoint({ kind: "address", address, port });
      if (!next.has(id)) next.set(id, old.get(id) ?? new EndpointRuntime(address, port, this.context));
    }
    // Whatever was published again unchanged rebuilds no ring and moves no balancer.
    if (next.size === old.size && this.#endpoints.every((endpoint) => next.get(endpoint.id) === endpoint)) return;
    this.#endpoints = [...next.values()];
    this.#ring = null;
    this.#bySessionKey = null;
    this.#updateBalancer();
    for (const [id, endpoint] of old) if (!next.has(id)) endpoint.retire();
  }

  #updateBalancer(): void {
    this.#balancer.update(this.#ejections.among(this.#endpoints));
  }

  *#addresses(): Generator<{ readonly address: string; readonly port: number }> {
    for (const endpoint of this.#configured) {
      if (endpoint.kind === "address") {
        yield endpoint;
        continue;
      }
      for (const address of this.#names.get(endpoint.host)?.addresses ?? []) yield { address, port: endpoint.port };
    }
  }
}

/** A balancer of the upstream's kind, still without endpoints. */
function openBalancer(upstream: Upstream, context: PoolContext): Balancer {
  return BALANCERS[upstream.balancer](context, upstream.id);
}

const BALANCERS: Readonly<Record<Upstream["balancer"], (context: PoolContext, upstreamId: string) => Balancer>> = {
  "round-robin": (context) => new RoundRobinBalancer(context.random),
  ewma: ({ times, clock, random }, upstreamId) => new EwmaBalancer({ upstreamId, times, clock, random }),
};
