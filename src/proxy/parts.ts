import type { Clock } from "../lib/clock.ts";
import { type DescriptorMemory, DescriptorQuota } from "../lib/descriptor-quota.ts";
import type { Logger } from "../lib/logger.ts";
import type { Secret } from "../lib/secret.ts";
import type { ErrorPages } from "../model/error-pages.ts";
import type { ExchangeObserver } from "../model/exchange-observer.ts";
import type { Listener } from "../model/listener.ts";
import type { SocketReport } from "../model/socket.ts";
import { CertificateIndex, type DevCa, type PemPair } from "../tls/tls.ts";
import { type AnswerTimesMemory, sendRequest, UpstreamTable } from "../upstream/upstream.ts";
import { LoopBatch, type RequestAcceptor, TimerWheel, socketEventClock } from "../wire/wire.ts";
import type { ProxyCore } from "./exchange/core.ts";
import { Exchange } from "./exchange/exchange.ts";
import { ExchangeTracker } from "./exchange/exchange-tracker.ts";
import { RoutePrefetch } from "./exchange/route-prefetch.ts";
import { EVERY_REQUEST } from "./filters/order.ts";
import {
  createLimits,
  createLimitsHolder,
  createLimitsMemory,
  type LimitsHolder,
  type LimitsMemory,
} from "./filters/limits/limits.ts";
import type { SocketDeps } from "./listener/open-socket.ts";
import { ListenerTable } from "./listener/listener-table.ts";
import { PublicPorts } from "./listener/public-ports.ts";
import { Sockets } from "./listener/sockets.ts";
import { StartGate } from "./listener/start-gate.ts";
import type { Filter } from "./request/context.ts";
import { collectHooks } from "./request/hooks.ts";
import { RequestIds } from "./request/request-id.ts";
import { Runtime } from "./runtime/runtime.ts";

export interface ProxyOptions {
  /** What serves the sockets from the start, besides what the model brings. */
  readonly listeners: readonly Listener[];
  readonly observer: ExchangeObserver;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 ≤ x < 1. For balancing, canary weights and request ids. */
  readonly random: () => number;
  /** Goes into affinity cookies. */
  readonly processId: number;
  readonly healthCheckPath: string;
  /** Where no certificate fits. */
  readonly fallbackCertificate: PemPair;
  /** Issues certificates for hosts whose secret is missing; null outside development. */
  readonly devCa: DevCa | null;
  readonly errorPages: ErrorPages;
  /** Further filters of every request, before those of hosts and routes. */
  readonly filters?: readonly Filter[];
  /** Development: a connection that comes before the first model waits for it, at most so long; null or absent: it is answered 503. */
  readonly startHoldMs?: number | null;
  /** What came of sockets that were opened, changed or closed while it ran. */
  readonly onSocket?: (report: SocketReport) => void;
  /** What this data plane shares with others of the same process; a lone one shares nothing. */
  readonly shared?: SharedParts;
}

/** Parts that several data planes, each in its own thread, have in common. */
interface SharedParts {
  /** Whether the others bind the same ports. */
  readonly binding: "exclusive" | "shared";
  /** Makes one data plane's TLS sessions good for all. */
  readonly ticketSecret: Secret;
  readonly limits: { readonly memory: LimitsMemory; readonly holder: LimitsHolder };
  /** What balancers know of endpoints. */
  readonly answerTimes: AnswerTimesMemory;
  /** Two cells: client connections of this data plane that are open, and those accepted so far. */
  readonly connectionGauge: Int32Array;
  /** What all of them hold of the process' descriptors; absent: nobody counts. */
  readonly descriptors?: DescriptorMemory;
}

/** What a data plane is made of, put together. */
export interface ProxyParts {
  readonly core: ProxyCore;
  readonly runtime: Runtime;
  readonly certificates: CertificateIndex;
  readonly upstreams: UpstreamTable;
  readonly sockets: Sockets;
  /** Null where connections do not wait for the first model. */
  readonly gate: StartGate | null;
  close(): void;
}

/** Limits are remembered for this many (Ingress, client) pairs: 4 MiB. */
export const LIMITS_CAPACITY = 65_536;

/** Opens nothing yet. */
export function buildParts(options: ProxyOptions): ProxyParts {
  const { startHoldMs = null, shared, random } = options;
  const clock = socketEventClock(options.clock);
  const wheel = new TimerWheel(clock);
  const upstreams = buildUpstreams(options, clock, wheel);
  const certificates = buildCertificates(options, clock);
  const forwardedPorts = new PublicPorts();
  const listeners = new ListenerTable(options.listeners, { logger: options.logger, publicPorts: forwardedPorts });
  const limits = createLimits({ monotonicMs: () => clock.monotonicMs(), ...(shared?.limits ?? ownLimits(random)) });
  const runtime = new Runtime([upstreams, certificates, listeners], { limits }, random);
  const core = buildCore(options, { clock, wheel, upstreams, runtime, forwardedPorts });
  const gate = startHoldMs === null ? null : new StartGate(wheel, startHoldMs);
  const sockets = new Sockets({
    acceptor: buildAcceptor(core, runtime),
    certificates,
    logger: options.logger,
    clock: options.clock,
    wheel,
    settings: () => runtime.settings.dataPlane,
    gate,
    listeners,
    onReport: options.onSocket ?? (() => {}),
    ...(options.shared === undefined ? {} : sharedBySockets(options.shared)),
  });
  return {
    core,
    runtime,
    certificates,
    upstreams,
    sockets,
    gate,
    close: () => {
      upstreams.close();
      wheel.close();
    },
  };
}

function buildUpstreams(options: ProxyOptions, clock: Clock, wheel: TimerWheel): UpstreamTable {
  const { shared, random, logger, processId } = options;
  const answerTimes = shared === undefined ? {} : { answerTimes: shared.answerTimes };
  const descriptors = shared?.descriptors === undefined ? null : endpointShare(shared.descriptors);
  return new UpstreamTable({ wheel, clock, random, processId, logger, descriptors, ...answerTimes });
}

function buildCertificates(options: ProxyOptions, clock: Clock): CertificateIndex {
  const { logger, devCa, shared, fallbackCertificate: fallback } = options;
  const issueForHost = devCa === null ? null : (host: string) => devCa.issue(host);
  return new CertificateIndex({ clock, logger, fallback, issueForHost, ticketSecret: shared?.ticketSecret ?? null });
}

type CoreParts = Pick<ProxyCore, "clock" | "wheel" | "forwardedPorts"> & {
  readonly upstreams: UpstreamTable;
  readonly runtime: Runtime;
};

function buildCore(options: ProxyOptions, parts: CoreParts): ProxyCore {
  const { logger, random, observer, healthCheckPath, errorPages } = options;
  return {
    ...parts,
    sendRequest,
    log: new ExchangeTracker(observer, parts.clock),
    logger,
    random,
    requestIds: new RequestIds(random),
    hooks: collectHooks([...EVERY_REQUEST, ...(options.filters ?? [])]),
    healthCheckPath,
    errorPages,
  };
}

function buildAcceptor(core: ProxyCore, runtime: Runtime): RequestAcceptor {
  const prefetch = new RoutePrefetch(runtime.tables.ingress);
  const begun = new LoopBatch<Exchange>(
    (exchanges) => prefetch.look(exchanges),
    (exchange) => exchange.start(),
  );
  return {
    onRequest: (stream) => begun.add(new Exchange(core, stream)),
    onRefused: (connection, refusal) =>
      core.log.refused(
        connection,
        refusal,
        core.runtime.settings.dataPlane.generateRequestId ? core.requestIds.next() : "",
      ),
    onTurnedAway: (connection, why) => core.log.turnedAway(connection, why),
  };
}

function ownLimits(random: () => number): SharedParts["limits"] {
  const memory = createLimitsMemory(LIMITS_CAPACITY, random);
  return { memory, holder: createLimitsHolder(memory, 1) };
}

/** Half of the endpoints' share is for connections at work, whatever each thread keeps idle. */
function endpointShare(memory: DescriptorMemory): { readonly quota: DescriptorQuota; readonly idleLimit: number } {
  const { endpoints, threads } = memory.shares;
  return { quota: new DescriptorQuota(memory, "endpoints"), idleLimit: Math.ceil(endpoints / 2 / threads) };
}

function sharedBySockets({ binding, connectionGauge, descriptors }: SharedParts): Partial<SocketDeps> {
  const quota = descriptors === undefined ? null : new DescriptorQuota(descriptors, "clients");
  return { binding, gauge: connectionGauge, descriptors: quota };
}
