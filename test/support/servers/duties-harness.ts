import { Controller, Duties, type DutiesOptions, openApiSource } from "../../../src/controller/controller.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { Translator } from "../../../src/translate/translate.ts";
import { apiSourceOptions } from "./api-source-harness.ts";
import { FakeApiServer, type SeenRequest } from "./fake-api-server/fake-api-server.ts";
import type { FakeObject } from "./fake-api-server/object-log.ts";
import { resourceOfKind } from "./fake-api-server/resources.ts";
import { DEFAULT_OPTIONS } from "../builders/translate-options.ts";
import { buildWebIngress } from "../builders/web-ingress.ts";

export const OWN_POD = { namespace: "ingress", name: "headgate-1" };

export interface DutiesHarness extends AsyncDisposable {
  readonly server: FakeApiServer;
  readonly duties: Duties;
  /** Status patches so far. */
  statusPatches(): readonly SeenRequest[];
  /** `192.0.2.1,lb.example` */
  statusOf(name: string): string;
  /** `Warning NoEndpoints web`, oldest first. */
  events(): readonly string[];
  /** Ends the duties alone, as the first step of a shutdown. */
  stopDuties(): Promise<void>;
}

/** A controller with duties on a fake server that holds what `arrange` puts there; it leads as soon as it is synced. */
export async function openDutiesHarness(
  options: Partial<DutiesOptions>,
  arrange: (server: FakeApiServer) => void,
): Promise<DutiesHarness> {
  const server = await FakeApiServer.open();
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  arrange(server);
  const duties = openTestDuties(server, options);
  const source = openApiSource(apiSourceOptions(server));
  const controller = new Controller({
    sources: [source],
    translator: new Translator(DEFAULT_OPTIONS),
    sink: { apply: (delta) => duties.onApplied(delta) },
    logger: silentLogger,
    clock: systemClock,
    holdOffMs: 5,
    onProblems: (changed) => duties.onProblems(changed),
    onTranslated: (batch) => duties.onTranslated(batch),
  });
  controller.start();
  return {
    server,
    duties,
    statusPatches: () => server.requests.filter(({ method, url }) => method === "PATCH" && url.endsWith("/status")),
    statusOf: (name) => statusText(server.log.get(resourceOfKind("Ingress"), "shop", name)),
    events: () => server.log.list(resourceOfKind("Event"), "").map(eventText),
    stopDuties: () => duties.stop(),
    [Symbol.asyncDispose]: async () => {
      await duties.stop();
      await controller.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

function openTestDuties(server: FakeApiServer, options: Partial<DutiesOptions>): Duties {
  return new Duties({
    kubeconfig: server.kubeconfig,
    apiServerHost: null,
    pod: OWN_POD,
    identity: "headgate-1_test",
    election: { kind: "lease", namespace: "ingress", name: "leader", ttlMs: 30_000 },
    status: { addresses: { kind: "fixed", addresses: ["192.0.2.1"] }, intervalMs: 60_000, atShutdown: "clear" },
    writes: { perSecond: Infinity, burst: 1 },
    syncEvents: "off",
    configMap: null,
    logger: silentLogger,
    clock: systemClock,
    random: Math.random,
    ...options,
    timing: { eventGapMs: 0, endpointGraceMs: 0, ...options.timing },
  });
}

export function putIngress(server: FakeApiServer, name: string, parts: Partial<FakeObject> = {}): void {
  server.put({ ...buildWebIngress(name, `${name}.example`), ...parts });
}

export function putPod(server: FakeApiServer, name: string, nodeName: string, parts: Partial<FakeObject> = {}): void {
  server.put({
    kind: "Pod",
    metadata: { name, namespace: OWN_POD.namespace, labels: { app: "headgate", "pod-template-hash": name } },
    spec: { nodeName },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
    ...parts,
  });
}

function statusText(object: FakeObject | undefined): string {
  const status = object?.["status"] as
    | { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } }
    | undefined;
  return (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? "").join(",");
}

function eventText(event: FakeObject): string {
  const { name } = event["involvedObject"] as { readonly name: string };
  return [event["type"], event["reason"], name].map(String).join(" ");
}
