import type { Cluster } from "./cluster.ts";
import {
  type Answer,
  configMapObject,
  hostOf,
  ingressObject,
  type Pair,
  secretObject,
  serviceName,
  serviceObject,
  sliceObject,
  type StartOptions,
  type Manifest,
} from "./objects.ts";
import type { Expectation } from "./prober.ts";

/** A kind of change. */
export type ChangeKind =
  | "Ingress"
  | "EndpointSlice"
  | "Service"
  | "Secret"
  | "ConfigMap"
  | "new Ingress"
  | "lost Ingress";

/** An API server that Shops change. */
type Store = Pick<Cluster, "put" | "delete">;

/** One change, ready to be made, and how clients see that it is live. */
export interface Change {
  readonly make: () => Promise<bigint>;
  readonly expect: Expectation;
}

/** What one shop is made of at the moment. */
interface Shop {
  usesAlternative: boolean;
  portName: "a" | "b";
  portsSwapped: boolean;
}

const START: Readonly<Shop> = { usesAlternative: false, portName: "a", portsSwapped: false };
const HEADER = "X-Backend";

/** Knows the state of every object, and makes the next change of a kind. Every state is a working one. */
export class Shops {
  readonly #cluster: Store;
  readonly #options: StartOptions;
  /** Certificates that Secrets are changed to, in turn. */
  readonly #spare: readonly Pair[];
  readonly #changed = new Map<number, Shop>();
  readonly #certificateAt = new Map<number, number>();
  #headerHidden = false;
  #added = 0;
  #lost = 0;

  constructor(cluster: Store, options: StartOptions, spare: readonly Pair[]) {
    this.#cluster = cluster;
    this.#options = options;
    this.#spare = spare;
  }

  /** A change of that kind to the object of that number, which is taken modulo what there is of it. */
  change(kind: ChangeKind, index: number): Change {
    return CHANGES[kind](this, index);
  }

  changeIngress(index: number): Change {
    const shop = this.#shop(index);
    shop.usesAlternative = !shop.usesAlternative;
    const service = shop.usesAlternative ? "alternative" : serviceName(index);
    return this.#put(ingressObject(index, service, this.#options.certificates.length), this.#bodyOf(index));
  }

  changeSlice(index: number): Change {
    const shop = this.#shop(index);
    shop.portsSwapped = !shop.portsSwapped;
    const { ports, addresses } = this.#options;
    const { A, B } = ports;
    return this.#put(
      sliceObject(serviceName(index), shop.portsSwapped ? { a: B, b: A } : { a: A, b: B }, addresses),
      this.#bodyOf(index),
    );
  }

  changeService(index: number): Change {
    const shop = this.#shop(index);
    shop.portName = shop.portName === "a" ? "b" : "a";
    return this.#put(serviceObject(serviceName(index), shop.portName), this.#bodyOf(index));
  }

  changeSecret(index: number): Change {
    const number = index % this.#options.certificates.length;
    const at = ((this.#certificateAt.get(number) ?? -1) + 1) % this.#spare.length;
    this.#certificateAt.set(number, at);
    const pair = this.#spare[at];
    if (pair === undefined) throw new Error("there is no other certificate");
    return this.#put(secretObject(number, pair), { kind: "certificate", host: hostOf(number), cert: pair.cert });
  }

  changeConfigMap(index: number): Change {
    this.#headerHidden = !this.#headerHidden;
    const object = configMapObject(this.#headerHidden ? HEADER : "");
    return this.#put(object, { kind: "header", host: hostOf(index), present: !this.#headerHidden });
  }

  addIngress(): Change {
    const index = this.#options.count + this.#added++;
    return this.#put(ingressObject(index, serviceName(0), 0), { kind: "status", host: hostOf(index), status: 200 });
  }

  /** Takes away an Ingress that `addIngress` made; adds one when there is none. */
  loseIngress(): Change {
    if (this.#lost === this.#added) return this.addIngress();
    const index = this.#options.count + this.#lost++;
    const object = ingressObject(index, serviceName(0), 0);
    return {
      make: () => this.#cluster.delete(object),
      expect: { kind: "status", host: hostOf(index), status: 404 },
    };
  }

  #shop(index: number): Shop {
    const shop = this.#changed.get(index) ?? { ...START };
    this.#changed.set(index, shop);
    return shop;
  }

  #bodyOf(index: number): Expectation {
    return { kind: "body", host: hostOf(index), body: answerOf(this.#shop(index)) };
  }

  #put(object: Manifest, expect: Expectation): Change {
    return { make: () => this.#cluster.put(object), expect };
  }
}

const CHANGES: Readonly<Record<ChangeKind, (shops: Shops, index: number) => Change>> = {
  Ingress: (shops, index) => shops.changeIngress(index),
  EndpointSlice: (shops, index) => shops.changeSlice(index),
  Service: (shops, index) => shops.changeService(index),
  Secret: (shops, index) => shops.changeSecret(index),
  ConfigMap: (shops, index) => shops.changeConfigMap(index),
  "new Ingress": (shops) => shops.addIngress(),
  "lost Ingress": (shops) => shops.loseIngress(),
};

function answerOf({ usesAlternative, portName, portsSwapped }: Shop): Answer {
  if (usesAlternative) return "C";
  return (portName === "a") === portsSwapped ? "B" : "A";
}
