import { BACKEND_PROTOCOLS } from "../../model/backend-protocol.ts";
import type { Backend, Forward } from "../../model/forward.ts";
import type { Route } from "../../model/route.ts";
import type { SourceRef } from "../../model/source.ts";
import type { Transport } from "../../model/transport.ts";
import type { ServiceRef } from "../../model/upstream.ts";
import type { VirtualHost } from "../../model/virtual-host.ts";

const LIMIT = 4096;

/**
 * The host with parts that are one object or one text wherever they are equal. What comes from another thread is a copy of its own down to
 * every word: thousands of routes would hold thousands of times `http`, and comparing such words reads them letter by letter.
 */
export function shareHost(host: VirtualHost): VirtualHost {
  return { ...host, filters: shareValue(host.filters), routes: host.routes.map(shareParts) };
}

/** As `shareHost`, of one route. */
export function shareParts(route: Route): Route {
  const { source, service, action } = route;
  const shared = shareService(service);
  return {
    ...route,
    pathType: shareText(route.pathType) as Route["pathType"],
    source: source === null ? null : shareSource(source),
    service: shared,
    filters: shareValue(route.filters),
    action: action.kind === "forward" ? shareForward(action, service, shared) : action,
  };
}

function shareForward(forward: Forward, service: ServiceRef, shared: ServiceRef): Forward {
  return {
    kind: "forward",
    backends: forward.backends.map((backend) => shareBackend(backend, backend.service === service ? shared : null)),
    timeouts: shareValue(forward.timeouts),
    retry: shareValue(forward.retry),
    host: forward.host,
    responseHeadBytes: forward.responseHeadBytes,
  };
}

function shareBackend(backend: Backend, service: ServiceRef | null): Backend {
  return {
    ...backend,
    service: service ?? shareService(backend.service),
    transport: shareTransport(backend.transport),
    filters: shareValue(backend.filters),
    affinity: backend.affinity === null ? null : shareValue(backend.affinity),
  };
}

function shareTransport({ protocol, security }: Transport): Transport {
  return shareValue({ protocol: BACKEND_PROTOCOLS.find((one) => one === protocol) ?? protocol, security });
}

function shareService({ namespace, name, port }: ServiceRef): ServiceRef {
  return { namespace: shareText(namespace), name, port: shareText(port) };
}

function shareSource({ kind, namespace, name }: SourceRef): SourceRef {
  return { kind: shareText(kind), namespace: shareText(namespace), name };
}

const texts = new Map<string, string>();
const values = new Map<string, unknown>();

/** For texts of which there are few: words of the model, namespaces, ports. */
function shareText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= LIMIT) texts.clear();
  texts.set(text, text);
  return text;
}

function shareValue<T>(value: T): T {
  const key = JSON.stringify(value);
  const known = values.get(key) as T | undefined;
  if (known !== undefined) return known;
  if (values.size >= LIMIT) values.clear();
  values.set(key, value);
  return value;
}
