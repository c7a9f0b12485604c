import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { EndpointSlice, Service, ServicePort, SlicePort } from "../../kubernetes/objects.ts";
import type { Logger } from "../../lib/logger.ts";
import { openDemoBackend, type DemoBackend } from "./demo-backend.ts";

/** Two of each, so that balancing and stickiness can be seen. */
const ENDPOINTS_PER_SERVICE = 2;

interface RunningService {
  /** Equal signatures need the same backends. */
  readonly signature: string;
  readonly slices: readonly EndpointSlice[];
  readonly backends: readonly DemoBackend[];
}

/** Echo backends by Service: owns their sockets. */
export class DemoPool {
  readonly #running = new Map<ObjectKey, RunningService>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Starts, keeps or stops (`service` null) the backends of one Service. Never rejects. */
  async slicesFor(key: ObjectKey, service: Service | null): Promise<readonly EndpointSlice[]> {
    const ports = (service?.ports ?? []).filter(({ protocol }) => protocol === "TCP");
    const signature = JSON.stringify(ports);
    const known = this.#running.get(key);
    if (known !== undefined && known.signature === signature && service !== null) return known.slices;
    this.#running.delete(key);
    if (known !== undefined) await closeAll(known.backends);
    if (service === null || ports.length === 0) return [];
    const started = await this.#start(service, ports);
    this.#running.set(key, { signature, ...started });
    return started.slices;
  }

  async close(): Promise<void> {
    const backends = [...this.#running.values()].flatMap((running) => running.backends);
    this.#running.clear();
    await closeAll(backends);
  }

  async #start(service: Service, ports: readonly ServicePort[]): Promise<Pick<RunningService, "slices" | "backends">> {
    const backends: DemoBackend[] = [];
    const slices: EndpointSlice[] = [];
    const { namespace, name } = service.meta;
    try {
      for (let number = 1; number <= ENDPOINTS_PER_SERVICE; number++) {
        const slicePorts: SlicePort[] = [];
        for (const port of ports) {
          const backend = await openDemoBackend({ service: `${namespace}/${name}`, endpoint: `${name}-${number}` });
          backends.push(backend);
          slicePorts.push({ name: port.name, protocol: "TCP", port: backend.port });
        }
        slices.push(sliceOf(service, number, slicePorts));
      }
    } catch (error) {
      this.#logger.error({ service: `${namespace}/${name}`, err: error }, "could not start the echo backends");
    }
    return { slices, backends };
  }
}

async function closeAll(backends: readonly DemoBackend[]): Promise<void> {
  await Promise.all(backends.map((backend) => backend.close()));
}

function sliceOf(service: Service, number: number, ports: readonly SlicePort[]): EndpointSlice {
  const { namespace, name } = service.meta;
  return {
    kind: "EndpointSlice",
    meta: {
      namespace,
      name: `${name}-echo-${number}`,
      uid: "",
      resourceVersion: "",
      createdAtMs: 0,
      deletedAtMs: null,
      labels: new Map([["kubernetes.io/service-name", name]]),
      annotations: new Map(),
    },
    serviceName: name,
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"], ready: true, serving: true, terminating: false }],
    ports,
  };
}
