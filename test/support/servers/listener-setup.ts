import { systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { DEFAULT_SETTINGS, type DataPlaneSettings } from "../../../src/model/settings.ts";
import { type OpenSocket, openSocket, type SocketDeps } from "../../../src/proxy/listener/open-socket.ts";
import {
  NO_LISTENERS,
  ServingListener,
  SocketListeners,
  type SocketPlace,
} from "../../../src/proxy/listener/serving-listener.ts";
import { CertificateIndex } from "../../../src/tls/tls.ts";
import { TimerWheel } from "../../../src/wire/wire.ts";
import { HeaderList } from "../../../src/wire/http/header-list.ts";
import { RecordingAcceptor, type RecordedRequest } from "./recording-acceptor.ts";
import { buildListener } from "../builders/socket-plan.ts";
import { testCa } from "../builders/test-certificates.ts";

export interface ListenerSetup extends AsyncDisposable {
  readonly listener: OpenSocket;
  readonly port: number;
  readonly acceptor: RecordingAcceptor;
  readonly certificates: CertificateIndex;
  /** May be replaced: the next connection is served by it. */
  settings: DataPlaneSettings;
}

/** Answers with protocol, host and server name, so that a client can see where it ended up. */
export function describeRequest({ stream }: RecordedRequest): void {
  const { request, connection } = stream;
  const body = Buffer.from(`${request.httpVersion} ${request.authority} ${connection.tls?.serverName ?? "plain"}`);
  stream.resumeBody();
  stream.sendHead(200, new HeaderList(), body.length);
  stream.write(body);
  stream.end(null);
}

/** Opens one listener, on 127.0.0.1 unless told otherwise. */
export async function openTestListener(
  name: "http" | "https",
  onRequest: (request: RecordedRequest) => void = describeRequest,
  changes: { settings?: Partial<DataPlaneSettings>; deps?: Partial<SocketDeps>; port?: number; address?: string } = {},
): Promise<ListenerSetup> {
  const wheel = new TimerWheel(systemClock, 5);
  const acceptor = new RecordingAcceptor(onRequest);
  const certificates = new CertificateIndex({
    clock: systemClock,
    logger: silentLogger,
    fallback: testCa().issue("fallback.test"),
    issueForHost: null,
  });
  const state = { settings: { ...DEFAULT_SETTINGS.dataPlane, ...changes.settings } };
  const place: SocketPlace = { listeners: NO_LISTENERS };
  const declaredPort = name === "http" ? 80 : 443;
  place.listeners = new SocketListeners([
    new ServingListener(buildListener(name, { traffic: name }), declaredPort, place),
  ]);
  const listener = await openSocket(
    { id: name, address: changes.address ?? "127.0.0.1", port: changes.port ?? 0, declaredPort },
    place,
    {
      acceptor,
      certificates,
      logger: silentLogger,
      clock: systemClock,
      wheel,
      settings: () => state.settings,
      ...changes.deps,
    },
  );
  return {
    listener,
    port: listener.port,
    acceptor,
    certificates,
    get settings() {
      return state.settings;
    },
    set settings(settings) {
      state.settings = settings;
    },
    [Symbol.asyncDispose]: async () => {
      const stopped = listener.stopAccepting();
      listener.destroy();
      await stopped;
      wheel.close();
    },
  };
}
