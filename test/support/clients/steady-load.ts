import { RawClient, type Target } from "./raw-client.ts";
import { Announcer } from "../waiting/waiting.ts";

export interface LoadPlan {
  readonly host: string;
  readonly path: string;
  readonly clients: number;
  /** Looked up for every new connection: what a load balancer in front would choose. */
  target(): Target;
}

/**
 * Clients that send GET after GET, each over a keep-alive connection of its own, until stopped. Every answer other than a complete
 * 200 is a failure, and so is a connection that ends without its answer.
 */
export class SteadyLoad extends Announcer implements AsyncDisposable {
  readonly failures: string[] = [];
  /** Bodies of the last answers: who answered them, when backends say their name. */
  readonly bodies = new Map<string, number>();
  #answers = 0;
  #stopped = false;
  readonly #running: Promise<unknown>;
  /** Connections opened before this number was reached are given up after the answer they wait for. */
  #generation = 0;
  readonly #connected = new Map<number, number>();

  private constructor(plan: LoadPlan) {
    super();
    this.#running = Promise.all(Array.from({ length: plan.clients }, (_, index) => this.#client(plan, index)));
  }

  static start(plan: LoadPlan): SteadyLoad {
    return new SteadyLoad(plan);
  }

  get answers(): number {
    return this.#answers;
  }

  /** Resolves after so many further answers or failures. */
  async untilMore(count: number): Promise<void> {
    const end = this.#answers + this.failures.length + count;
    await this.until(() => this.#answers + this.failures.length >= end, `${count} further answers`);
  }

  /** Lets every client finish what it asked for and connect anew; resolves when all have. */
  async reconnect(): Promise<void> {
    const generation = ++this.#generation;
    await this.until(() => this.#oldest() >= generation, "new connections");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #oldest(): number {
    return Math.min(...this.#connected.values());
  }

  async #client(plan: LoadPlan, index: number): Promise<void> {
    while (!this.#stopped) {
      const generation = this.#generation;
      try {
        using client = await RawClient.connect(plan.target());
        this.#connected.set(index, generation);
        await this.#requests(client, plan, generation);
      } catch (error) {
        this.#fail(String(error));
      }
    }
  }

  async #requests(client: RawClient, { host, path }: LoadPlan, generation: number): Promise<void> {
    for (let open = true; open && !this.#stopped && generation === this.#generation;) {
      client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const { status, complete, field, body } = await client.response();
      open = field("connection") !== "close";
      if (status !== 200 || !complete) this.#fail(`${status}${complete ? "" : ", cut short"}: ${body.slice(0, 200)}`);
      else this.#count(body);
    }
  }

  #count(body: string): void {
    this.#answers++;
    this.bodies.set(body, (this.bodies.get(body) ?? 0) + 1);
    this.announce();
  }

  #fail(text: string): void {
    this.failures.push(text);
    this.announce();
  }
}
