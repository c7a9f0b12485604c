import { LabApi } from "../../test/kubernetes/lab/api.ts";
import type { Manifest } from "../scale/objects.ts";
import { NAMESPACE, secretObject, startObjects, type StartOptions } from "../scale/objects.ts";

interface IngressStatus {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

/** Requests at a time while the API server is filled. */
const AT_ONCE = 24;
const KINDS: Readonly<Record<string, readonly [group: string, resource: string]>> = {
  IngressClass: ["networking.k8s.io/v1", "ingressclasses"],
  Ingress: ["networking.k8s.io/v1", "ingresses"],
  EndpointSlice: ["discovery.k8s.io/v1", "endpointslices"],
  ConfigMap: ["v1", "configmaps"],
  Secret: ["v1", "secrets"],
  Service: ["v1", "services"],
};

/** The API server of the lab, filled and changed like the one of `bench/scale`. */
export class LabCluster implements Disposable {
  readonly kubeconfig: string;
  readonly #api: LabApi;
  readonly #known = new Set<string>();

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
    this.#api = new LabApi(kubeconfig);
  }

  /** Creates everything that there is before the start. */
  async createAll(options: StartOptions): Promise<void> {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
    await this.#send("POST", "/api/v1/namespaces", namespace);
    const secrets = options.certificates.map((pair, index) => secretObject(index, pair));
    const waiting = [...startObjects(options), ...secrets].values();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const object of waiting) await this.put(object);
      }),
    );
  }

  /** Creates an object or merges into it; resolves with the monotonic time just before the request is sent. */
  async put(object: Manifest): Promise<bigint> {
    const { collection, path, apiVersion } = placeOf(object);
    const sentAt = process.hrtime.bigint();
    if (this.#known.has(path)) {
      await this.#send("PATCH", path, object);
      return sentAt;
    }
    this.#known.add(path);
    await this.#send("POST", collection, { ...object, apiVersion });
    return sentAt;
  }

  async delete(object: Manifest): Promise<bigint> {
    const { path } = placeOf(object);
    const sentAt = process.hrtime.bigint();
    this.#known.delete(path);
    await this.#send("DELETE", path);
    return sentAt;
  }

  /** Resolves when `count` Ingresses have the address in their statuses; rejects after `limitMs`, with how many there were. */
  async untilStatuses(address: string, { count, limitMs }: { count: number; limitMs: number }): Promise<void> {
    const written = new Set<string>();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = (): void => reject(new Error(`${written.size} of ${count} statuses after ${limitMs} ms`));
    const timer = setTimeout(late, limitMs);
    const watcher = new LabApi(this.kubeconfig);
    void watcher.follow<IngressStatus>("/apis/networking.k8s.io/v1/ingresses", {
      onObject: ({ metadata, status }) => {
        if (status?.loadBalancer?.ingress?.[0]?.ip === address) written.add(metadata.name);
        if (written.size === count) resolve();
      },
      onGone: () => {},
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      watcher.close();
    }
  }

  [Symbol.dispose](): void {
    this.#api.close();
  }

  async #send(method: string, path: string, content?: unknown): Promise<void> {
    const { status, body } = await this.#api.send(method, path, content);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${body}`);
  }
}

interface Place {
  readonly apiVersion: string;
  readonly collection: string;
  readonly path: string;
}

function placeOf({ kind, metadata }: Manifest): Place {
  const [apiVersion, resource] = KINDS[kind] ?? [];
  if (apiVersion === undefined || resource === undefined) throw new Error(`no place for a ${kind}`);
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  const collection = `${root}${namespace}/${resource}`;
  return { apiVersion, collection, path: `${collection}/${metadata.name}` };
}
