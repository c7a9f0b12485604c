import { SteadyLoad } from "../support/clients/steady-load.ts";
import { get, type Target } from "../support/clients/raw-client.ts";
import { application, apply, balancerAddress, helm, ingress, installChart, kube, kubectl, until } from "./cluster.ts";

const LOOK_MS = 10;
const LIVE_LIMIT_MS = 30_000;
/** So that pods go soon; a grace period is a story of its own. */
const SETTINGS = ["--set", "controller.shutdownGracePeriod=1"];

/**
 * Headgate by its chart and an application `web` behind it, in namespaces of this story alone, with clients that go on asking
 * for a host of its own from the first to the last moment. Nothing waits until the namespaces are gone: no other story has their names.
 */
export class Story implements AsyncDisposable {
  readonly name: string;
  /** Of the load balancer. */
  readonly address: string;
  readonly target: Target;
  readonly load: SteadyLoad;

  private constructor(name: string, address: string) {
    const target = { address, port: 80 };
    this.name = name;
    this.address = address;
    this.target = target;
    this.load = SteadyLoad.start({ host: `${name}.test`, path: "/", clients: 2, target: () => target });
  }

  static async open(name: string, ...more: readonly string[]): Promise<Story> {
    const gate = `${name}-gate`;
    await openShop(name);
    await installChart("headgate", gate, ...SETTINGS, ...more);
    const story = new Story(name, await balancerAddress(gate, "headgate-controller"));
    await story.load.untilMore(1);
    return story;
  }

  /** Namespace of what users own. */
  get shop(): string {
    return `${this.name}-shop`;
  }

  /** Namespace of the controller. */
  get gate(): string {
    return `${this.name}-gate`;
  }

  /** Looks until the answer is `wanted`, and prints how long that took; rejects after 30 s. */
  async live(what: string, host: string, wanted: (answer: { status: number; body: string }) => boolean, path = "/") {
    const look = async (): Promise<true | null> => (wanted(await get(this.target, host, path)) ? true : null);
    await this.timed(`${what}, live`, () => until(`${what} to be live`, look, LIVE_LIMIT_MS, LOOK_MS));
  }

  /** Prints how long it took. */
  async timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    const result = await work();
    this.tell(`${what}: after ${Math.round(performance.now() - startMs)} ms`);
    return result;
  }

  tell(text: string): void {
    process.stdout.write(`    ${this.name}: ${text}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.load.stop();
    this.tell(`${this.load.answers} requests, ${this.load.failures.length} failed`);
    await leave(this.name);
  }
}

/** The namespace of the users of a story, with the application and its Ingress `steady` for a host named like the story. */
export async function openShop(name: string): Promise<void> {
  const shop = `${name}-shop`;
  await kube(["create", "namespace", shop]);
  await apply(...application(shop, "web"), ingress(shop, "steady", `${name}.test`, { service: "web" }));
}

/** Takes the controller of a story away, and lets its namespaces go. */
export async function leave(name: string): Promise<void> {
  await helm("uninstall", "headgate", "--namespace", `${name}-gate`, "--wait").catch(() => "");
  await kubectl(["delete", "namespace", "--wait=false", `${name}-gate`, `${name}-shop`]);
}

export const served = ({ status }: { readonly status: number }): boolean => status === 200;
export const notServed = ({ status }: { readonly status: number }): boolean => status === 404;
