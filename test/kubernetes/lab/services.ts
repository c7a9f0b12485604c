import { connect, createServer, type Server, type Socket } from "node:net";
import { LAB } from "./addresses.ts";
import type { ApiObject, LabApi } from "./api.ts";

interface Service extends ApiObject {
  readonly metadata: ApiObject["metadata"] & { readonly namespace: string };
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly unknown[] } };
}

interface Slice extends ApiObject {
  readonly metadata: ApiObject["metadata"] & { readonly namespace: string };
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean | null };
      }[]
    | null;
}

interface OpenService {
  /** `namespace/name` */
  readonly name: string;
  readonly servers: readonly Server[];
  readonly clients: Set<Socket>;
}

/**
 * What kube-proxy and a cloud do: the cluster address of every Service and the address of every load balancer lead to an endpoint that is
 * ready. Connections that are open stay where they are.
 */
export class Services {
  readonly #api: LabApi;
  readonly #services = new Map<string, OpenService>();
  readonly #slices = new Map<string, Slice>();
  #turn = 0;
  #lastBalancer = 1;

  constructor(api: LabApi) {
    this.#api = api;
  }

  start(): void {
    void this.#api.follow<Service>("/api/v1/services", {
      onObject: (service) => this.#open(service),
      onGone: ({ metadata }) => this.#close(metadata.uid),
    });
    void this.#api.follow<Slice>("/apis/discovery.k8s.io/v1/endpointslices", {
      onObject: (slice) => void this.#slices.set(slice.metadata.uid, slice),
      onGone: ({ metadata }) => void this.#slices.delete(metadata.uid),
    });
  }

  stop(): void {
    for (const uid of this.#services.keys()) this.#close(uid);
  }

  /** Resets every connection that leads to the Service `namespace/name`; new ones are taken. */
  cut(service: string): void {
    for (const { name, clients } of this.#services.values()) {
      if (name === service) for (const client of clients) client.resetAndDestroy();
    }
  }

  #open(service: Service): void {
    const { uid } = service.metadata;
    const name = `${service.metadata.namespace}/${service.metadata.name}`;
    const { clusterIP = "", type, ports = [] } = service.spec;
    if (this.#services.has(uid) || !clusterIP.startsWith("10.")) return;
    const addresses = [clusterIP];
    if (type === "LoadBalancer") addresses.push(this.#balance(service));
    const clients = new Set<Socket>();
    const servers = addresses.flatMap((host) =>
      ports
        .filter(({ protocol = "TCP" }) => protocol === "TCP")
        .map((port) =>
          listen(host, port.port, (client) => {
            clients.add(client);
            client.once("close", () => clients.delete(client));
            forward(client, this.#endpoint(name, port.name ?? ""));
          }),
        ),
    );
    this.#services.set(uid, { name, servers, clients });
  }

  /** Gives the Service an address, as a cloud would. */
  #balance({ metadata }: Service): string {
    const ip = `${LAB.balancerPrefix}${this.#lastBalancer++}`;
    const path = `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}/status`;
    const status = { loadBalancer: { ingress: [{ ip }] } };
    void this.#api.send("PATCH", path, { status }).catch(() => {});
    return ip;
  }

  #close(uid: string): void {
    for (const server of this.#services.get(uid)?.servers ?? []) server.close();
    this.#services.delete(uid);
  }

  /** Address and port of an endpoint that is ready, in turn; null without one. */
  #endpoint(service: string, portName: string): readonly [host: string, port: number] | null {
    const found = [...this.#slices.values()].flatMap((slice) => {
      const { namespace, labels } = slice.metadata;
      if (`${namespace}/${labels?.["kubernetes.io/service-name"]}` !== service) return [];
      const port = (slice.ports ?? []).find(({ name = "" }) => name === portName)?.port;
      const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
      return port === undefined ? [] : ready.flatMap(({ addresses }) => addresses.map((host) => [host, port] as const));
    });
    return found[this.#turn++ % Math.max(1, found.length)] ?? null;
  }
}

function listen(host: string, port: number, onClient: (client: Socket) => void): Server {
  const server = createServer({ allowHalfOpen: true }, onClient);
  // An address that is taken belongs to something of the lab itself.
  server.on("error", () => {});
  server.listen(port, host);
  return server;
}

function forward(client: Socket, endpoint: readonly [host: string, port: number] | null): void {
  client.on("error", () => client.destroy());
  if (endpoint === null) return void client.resetAndDestroy();
  const [host, port] = endpoint;
  const server = connect({ host, port, allowHalfOpen: true });
  server.on("error", () => client.resetAndDestroy());
  client.on("close", () => server.destroy());
  server.on("close", () => client.destroy());
  client.pipe(server).pipe(client);
}
