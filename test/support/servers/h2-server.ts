import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { systemClock } from "../../../src/lib/clock.ts";
import { serveHttp2 } from "../../../src/wire/http2/server-connection.ts";
import type { Http2ServerOptions } from "../../../src/wire/http2/options.ts";
import type { RequestAcceptor, ServedConnection } from "../../../src/wire/seam/server.ts";
import { TimerWheel } from "../../../src/wire/loop/timer-wheel.ts";
import { CLIENT_LISTENERS } from "../builders/socket-plan.ts";

/** A plain-text HTTP/2 server around one acceptor. */
export interface H2Server extends AsyncDisposable {
  readonly port: number;
  readonly served: readonly ServedConnection[];
  /** Once every connection has told that it is closed, each once. */
  whenAllClosed(): Promise<void>;
}

/** Ticks fast, so that a test with a deadline of a few milliseconds takes a few milliseconds. */
export async function openH2Server(
  acceptor: RequestAcceptor,
  changes: Partial<Http2ServerOptions> = {},
): Promise<H2Server> {
  const wheel = new TimerWheel(systemClock, 5);
  const options: Http2ServerOptions = {
    headerTimeoutMs: 10_000,
    bodyTimeoutMs: 10_000,
    keepAliveMs: 10_000,
    keepAliveRequests: 0,
    sendTimeoutMs: 10_000,
    underscoresInHeaders: false,
    maxConcurrentStreams: 100,
    wheel,
    ...changes,
  };
  const served: ServedConnection[] = [];
  const closings: Promise<void>[] = [];
  const server = createServer((socket) => {
    const connection = {
      id: served.length,
      remoteAddress: "127.0.0.1",
      remotePort: socket.remotePort ?? 0,
      localPort: 0,
      listener: CLIENT_LISTENERS.http,
      tls: null,
    };
    const one = serveHttp2(socket, connection, { acceptor, options }, null);
    const { promise, resolve } = Promise.withResolvers<void>();
    let closedTimes = 0;
    one.onClosed = () => {
      closedTimes++;
      if (closedTimes > 1) throw new Error("closed twice");
      resolve();
    };
    closings.push(promise);
    served.push(one);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    served,
    whenAllClosed: async () => {
      await Promise.all(closings);
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of served) one.destroy();
      wheel.close();
      server.close();
      await once(server, "close");
    },
  };
}
