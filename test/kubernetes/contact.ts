import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kube, until } from "./cluster.ts";

/** From the API server's first good answer until every kind is followed. */
export const RECOVERY_SECONDS = 2;
/** For whatever has to come after an outage. */
const LIMIT_MS = 20_000;
const PODS = join(process.env["HEADGATE_LAB"] ?? "", "pods");
const READ_LIMIT_MS = 5_000;
/** Kinds that are followed with the rights of the chart and no selector of namespaces. */
export const KINDS = 6;

/** What a controller's metrics say of its talk with the API server. */
export interface ContactReading {
  readonly followed: number;
  readonly outages: number;
  readonly recoverySeconds: number;
}

/** The talk of one controller pod with the API server, as its metrics tell. */
export class Contact {
  readonly pod: string;
  readonly #namespace: string;
  readonly #uid: string;
  readonly #url: string;

  private constructor(namespace: string, pod: string, uid: string, address: string) {
    this.pod = pod;
    this.#namespace = namespace;
    this.#uid = uid;
    this.#url = `http://${address}:10254/metrics`;
  }

  /** Of the only controller pod of the namespace. */
  static async open(namespace: string): Promise<Contact> {
    const selector = "--selector=app.kubernetes.io/component=controller";
    const fields = "jsonpath={.items[0].metadata.name} {.items[0].metadata.uid} {.items[0].status.podIP}";
    const pod = await kube(["get", "pods", "--namespace", namespace, selector, "--output", fields]);
    const [name = "", uid = "", address = ""] = pod.split(" ");
    return new Contact(namespace, name, uid, address);
  }

  async read(): Promise<ContactReading> {
    const answer = await fetch(this.#url, { signal: AbortSignal.timeout(READ_LIMIT_MS) });
    const lines = (await answer.text()).split("\n");
    const value = (name: string): number => {
      const found = lines.filter((line) => line.startsWith(`headgate_api_server_${name}`));
      return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    };
    return {
      followed: value("followed{"),
      outages: value("outages_total"),
      recoverySeconds: value("recovery_seconds"),
    };
  }

  /** What the pod logged, without its access log. */
  log(): string {
    const lines = readFileSync(join(PODS, `${this.#namespace}_${this.pod}.log`), "utf8").split("\n");
    return lines.filter((line) => line.startsWith("{")).join("\n");
  }

  /** Path of a file of the pod's ServiceAccount, where the lab's kubelet keeps it. */
  accountFile(name: string): string {
    const [path] = globSync(join(PODS, this.#uid, "kube-api-access*", name));
    if (path === undefined) throw new Error(`the controller's pod has no ${name}`);
    return path;
  }

  /** Every kind that the chart's roles grant. */
  async untilFollowed(limitMs = LIMIT_MS): Promise<ContactReading> {
    return await until(
      "every kind to be followed",
      async () => {
        const reading = await this.read();
        return reading.followed === KINDS ? reading : null;
      },
      limitMs,
    );
  }

  async untilNotFollowed(): Promise<void> {
    await until("the outage to be noticed", async () => ((await this.read()).followed < KINDS ? true : null), LIMIT_MS);
  }
}
