import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import type { ModelDelta } from "../../src/model/model.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { WorkerMetrics } from "../../src/observability/observability.ts";
import type { ProxyCore } from "../../src/proxy/exchange/core.ts";
import { Exchange } from "../../src/proxy/exchange/exchange.ts";
import { ExchangeTracker } from "../../src/proxy/exchange/exchange-tracker.ts";
import { EVERY_REQUEST } from "../../src/proxy/filters/order.ts";
import { collectHooks } from "../../src/proxy/request/hooks.ts";
import { RequestIds } from "../../src/proxy/request/request-id.ts";
import { Runtime } from "../../src/proxy/runtime/runtime.ts";
import { sendRequest, UpstreamTable } from "../../src/upstream/upstream.ts";
import { Http1Connection } from "../../src/wire/http1/client-connection.ts";
import { SocketPort } from "../../src/wire/socket/socket-port.ts";
import { endLoop } from "../../src/wire/loop/loop-end.ts";
import { type Http1ServerOptions, serveHttp1, TimerWheel, socketEventClock } from "../../src/wire/wire.ts";
import { REQUEST_METRICS } from "../../test/support/oracles/counted-metrics.ts";
import { buildDelta } from "../../test/support/builders/model-builder.ts";
import { openOwnLimits } from "../../test/support/builders/own-limits.ts";
import { buildHost, buildRoute } from "../../test/support/builders/route-builder.ts";
import { CLIENT_LISTENERS } from "../../test/support/builders/socket-plan.ts";
import type { MicroCase } from "./micro-case.ts";
import { PaperSocket } from "./paper-socket.ts";

const HOST = "shop.example";
const REQUEST = Buffer.from(`GET /small HTTP/1.1\r\nHost: ${HOST}\r\nUser-Agent: wrk\r\nAccept: */*\r\n\r\n`);
const BODY = "x".repeat(100);
const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\n` +
    `Content-Length: ${BODY.length}\r\nConnection: keep-alive\r\n\r\n${BODY}`,
);
const CONNECTIONS = 64;

/** A whole request and its answer between two keep-alive connections: everything but the kernel and Node's sockets. */
export function exchangeCases(): readonly MicroCase[] {
  return [{ name: "exchange: small GET, both ways, metrics", run: openExchange() }];
}

function openExchange(): MicroCase["run"] {
  const upstreams: PaperSocket[] = [];
  const core = openCore(upstreams);
  const acceptor = {
    onRequest: (stream: ConstructorParameters<typeof Exchange>[1]) => new Exchange(core, stream).start(),
    onRefused: () => {
      throw new Error("refused");
    },
    onTurnedAway: () => {
      throw new Error("turned away");
    },
  };
  const clients = Array.from({ length: CONNECTIONS }, (_, id) => {
    const socket = new PaperSocket();
    const connection = {
      id,
      remoteAddress: "10.0.0.1",
      remotePort: 1,
      localPort: 80,
      listener: CLIENT_LISTENERS.http,
      tls: null,
    } as const;
    serveHttp1(socket.asSocket, connection, { acceptor, options: serverOptions(core.wheel) }, null);
    return socket;
  });
  return (times) => {
    for (let i = 0; i < times; i += CONNECTIONS) {
      for (const client of clients) client.receive(REQUEST);
      endLoop();
      for (const upstream of upstreams) {
        if (upstream.written === "") continue;
        if (!upstream.written.startsWith("GET /small HTTP/1.1\r\nHost: ")) throw new Error(upstream.written);
        upstream.written = "";
        upstream.receive(RESPONSE);
      }
      endLoop();
      for (const client of clients) {
        if (!client.written.endsWith(BODY)) throw new Error(client.written);
        client.written = "";
      }
    }
  };
}

function serverOptions(wheel: TimerWheel): Http1ServerOptions {
  return {
    headerTimeoutMs: 60_000,
    bodyTimeoutMs: 60_000,
    keepAliveMs: 75_000,
    keepAliveRequests: 0,
    sendTimeoutMs: 60_000,
    underscoresInHeaders: false,
    wheel,
  };
}

function openCore(sockets: PaperSocket[]): ProxyCore {
  const clock = socketEventClock(systemClock);
  const wheel = new TimerWheel(clock);
  const random = Math.random;
  const upstreams = new UpstreamTable({
    wheel,
    clock,
    random,
    logger: silentLogger,
    processId: 1,
    connect: (_dial, _connectMs, _wheel, events) => {
      const socket = new PaperSocket();
      sockets.push(socket);
      const port = new SocketPort(socket.asSocket, new Silence());
      port.read();
      events.onConnected(new Http1Connection(port, wheel, 1));
      return { cancel: () => {} };
    },
  });
  const limits = openOwnLimits(1024, () => clock.monotonicMs(), random);
  const runtime = new Runtime([upstreams], { limits });
  const recorder = new WorkerMetrics({ requests: REQUEST_METRICS, announce: () => {}, forget: () => {} });
  const delta = model();
  runtime.apply(delta);
  recorder.apply(delta);
  return {
    runtime,
    upstreams,
    sendRequest,
    log: new ExchangeTracker(recorder, clock),
    logger: silentLogger,
    clock,
    random,
    requestIds: new RequestIds(random),
    wheel,
    hooks: collectHooks(EVERY_REQUEST),
    healthCheckPath: "/healthz",
    errorPages: "plain",
    forwardedPorts: { http: "80", https: "443" },
  };
}

function model(): ModelDelta {
  const route = buildRoute("shop", "prefix", "/");
  const upstreamId = route.action.kind === "forward" ? (route.action.backends[0]?.upstream ?? "") : "";
  return buildDelta({
    hosts: [buildHost(HOST, [route])],
    endpoints: { [upstreamId]: ["127.0.0.1:80"] },
    settings: { upstreamKeepalive: { ...DEFAULT_SETTINGS.dataPlane.upstreamKeepalive, requests: 1e12 } },
  });
}

/** Before the engine has the socket. */
class Silence {
  onSocketData(): void {}
  onSocketEnd(): void {}
  onSocketDrain(): void {}
  onSocketError(): void {}
  onSocketClose(): void {}
}
