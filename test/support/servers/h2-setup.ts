import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { afterEach } from "vitest";
import type { Http2ServerOptions } from "../../../src/wire/http2/options.ts";
import { H2RawClient } from "../clients/h2-raw-client.ts";
import { type H2Server, openH2Server } from "./h2-server.ts";
import { type RecordedRequest, RecordingAcceptor } from "./recording-acceptor.ts";

type OnRequest = (request: RecordedRequest) => void;

interface StartedServer {
  readonly acceptor: RecordingAcceptor;
  readonly server: H2Server;
}

/** Opens HTTP/2 servers and clients for the tests of one file. */
export interface H2Setup {
  readonly start: (onRequest: OnRequest, options?: Partial<Http2ServerOptions>) => Promise<StartedServer>;
  /** A server and a client that writes frames by hand. */
  readonly startRaw: (
    onRequest: OnRequest,
    options?: Partial<Http2ServerOptions>,
  ) => Promise<StartedServer & { readonly client: H2RawClient }>;
  readonly openRaw: (port: number) => Promise<H2RawClient>;
  /** Node's own client. */
  readonly openClient: (port: number) => Promise<ClientHttp2Session>;
}

/** Call once a file: what the tests open is closed after each of them, the last one first. */
export function setUpH2(): H2Setup {
  const opened: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  });
  const start: H2Setup["start"] = async (onRequest, options = {}) => {
    const acceptor = new RecordingAcceptor(onRequest);
    const server = await openH2Server(acceptor, options);
    opened.push(server);
    return { acceptor, server };
  };
  const openRaw: H2Setup["openRaw"] = async (port) => {
    const client = await H2RawClient.open(port);
    opened.push(client);
    return client;
  };
  return {
    start,
    openRaw,
    startRaw: async (onRequest, options) => {
      const started = await start(onRequest, options);
      return { ...started, client: await openRaw(started.server.port) };
    },
    openClient: async (port) => {
      const client = connect(`http://127.0.0.1:${port}`);
      client.on("error", () => {});
      opened.push({ [Symbol.asyncDispose]: async () => client.destroy() });
      await once(client, "connect");
      return client;
    },
  };
}
