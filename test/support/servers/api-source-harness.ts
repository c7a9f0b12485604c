import { type ApiSource, type ApiSourceOptions, openApiSource } from "../../../src/controller/controller.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { FakeApiServer } from "./fake-api-server/fake-api-server.ts";
import { RecordingListener } from "./recording-listener.ts";

/** Impatient, so that tests of lost contact are quick. */
export const QUICK_TIMING = {
  requestMs: 10_000,
  watchIdleMs: 20_000,
  refreshMs: 50,
  missingMs: 10,
  refusedGraceMs: 0,
  backOffFirstMs: 1,
  backOffMaxMs: 10,
};

export interface ApiSourceHarness extends AsyncDisposable {
  readonly server: FakeApiServer;
  readonly source: ApiSource;
  readonly listener: RecordingListener;
}

/** An API source on a fake server; `arrange` fills the server before the source starts. */
export async function openApiSourceHarness(
  options: Partial<ApiSourceOptions> = {},
  arrange: (server: FakeApiServer) => void = () => {},
): Promise<ApiSourceHarness> {
  const server = await FakeApiServer.open();
  arrange(server);
  const source = openApiSource(apiSourceOptions(server, options));
  const listener = new RecordingListener();
  source.start(listener);
  return {
    server,
    source,
    listener,
    [Symbol.asyncDispose]: async () => {
      await source.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

export function apiSourceOptions(server: FakeApiServer, options: Partial<ApiSourceOptions> = {}): ApiSourceOptions {
  return {
    kubeconfig: server.kubeconfig,
    apiServerHost: null,
    watchNamespace: "",
    watchNamespaceSelector: "",
    alwaysWatch: [],
    logger: silentLogger,
    clock: systemClock,
    random: () => 0.5,
    readsPerSecond: 1_000,
    timing: QUICK_TIMING,
    ...options,
  };
}
