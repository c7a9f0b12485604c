import { systemClock } from "../../src/lib/clock.ts";
import { DEFAULT_SETTINGS, type DataPlaneSettings } from "../../src/model/settings.ts";
import { openProxy, type Proxy } from "../../src/proxy/proxy.ts";
import { createSelfSigned } from "../../src/tls/self-signed.ts";
import { buildDelta } from "../../test/support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../../test/support/builders/route-builder.ts";
import { LOOPBACK_LISTENERS, LOOPBACK_PLAN } from "../../test/support/builders/socket-plan.ts";
import { Canary } from "./canary.ts";
import type { Ports } from "./client.ts";
import { FuzzEndpoint } from "./endpoint.ts";
import { World } from "./world.ts";

const CANARIES = 6;
const CHURN_MS = 25;
const EMPTY_LIMIT_MS = 20_000;
const TIMEOUTS = { connectMs: 10_000, sendMs: 25_000, readMs: 25_000 };

/** A proxy between hostile clients and hostile endpoints, with some honest clients among them. */
export class Stage {
  readonly world = new World();
  readonly #endpoints: readonly FuzzEndpoint[];
  readonly #canaries: readonly Canary[];
  readonly #baseline: number;
  readonly #errors: string[] = [];
  #proxy: Proxy | null = null;
  #finished = 0;
  #churn: NodeJS.Timeout | null = null;
  #generation = 0;

  private constructor() {
    this.#baseline = networkHandles().length;
    this.#endpoints = Array.from({ length: 4 }, () => new FuzzEndpoint(this.world));
    this.#canaries = Array.from(
      { length: CANARIES },
      (_, i) => new Canary(this.world, i % 2 === 0 ? "/canary" : "/i/999"),
    );
  }

  /** `churning`: routes, endpoints and settings are replaced all the time. */
  static async open(configuration: "steady" | "churning"): Promise<Stage> {
    const stage = new Stage();
    await stage.#start();
    if (configuration === "churning") stage.#churn = setInterval(() => stage.#reconfigure(), CHURN_MS);
    return stage;
  }

  get ports(): Ports {
    return this.#proxy?.ports ?? { http: 0, https: 0 };
  }

  /** Ends everything; says what was left behind. */
  async close(): Promise<readonly string[]> {
    await Promise.all(this.#canaries.map((canary) => canary.stop()));
    this.world.stalls.close();
    if (this.#churn !== null) clearInterval(this.#churn);
    const leaks = [...this.#errors];
    const proxy = this.#proxy;
    if (proxy === null) return leaks;
    if (!(await within(() => proxy.openConnections === 0)))
      leaks.push(`${proxy.openConnections} client connections left`);
    await proxy.close();
    if (!(await within(() => this.#endpoints.every(({ connections }) => connections === 0))))
      leaks.push(`endpoint connections left: ${this.#endpoints.flatMap((one) => one.describe()).join("; ")}`);
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
    if (!(await within(() => networkHandles().length <= this.#baseline)))
      leaks.push(`handles left: ${networkHandles().join(", ")}`);
    return leaks;
  }

  async #start(): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.open()));
    const note = (fields: object | string, message?: string): void => {
      const { err } = (typeof fields === "string" ? {} : fields) as { err?: unknown };
      this.#errors.push(`logged: ${message ?? JSON.stringify(fields)} ${err instanceof Error ? err.stack : ""}`);
    };
    const silent = (): void => {};
    this.#proxy = await openProxy(
      {
        listeners: LOOPBACK_LISTENERS,
        observer: { onFinish: () => void this.#finished++ },
        logger: { error: note, warn: silent, info: silent, debug: silent },
        clock: systemClock,
        random: Math.random,
        processId: 1,
        healthCheckPath: "/healthz",
        fallbackCertificate: createSelfSigned(systemClock),
        devCa: null,
        errorPages: "plain",
      },
      LOOPBACK_PLAN,
    );
    this.#reconfigure();
    for (const canary of this.#canaries) canary.start(this.ports.http);
  }

  /** Only requests below /i are ever answered badly: endpoints of the others keep every connection they are given. */
  #reconfigure(): void {
    const generation = this.#generation++;
    const { settings, path } = otherParts(generation);
    const calm = buildRoute("calm", "prefix", "/", { timeouts: TIMEOUTS });
    const hostile = buildRoute("hostile", "prefix", "/i", { timeouts: TIMEOUTS });
    const other = buildRoute("other", "prefix", path);
    const [a = "", b = "", c = "", d = ""] = this.#endpoints.map(({ address }) => address);
    const both = generation % 4 === 0;
    const endpoints = {
      "test-calm-80": both ? [a, b] : [generation % 4 === 1 ? a : b],
      "test-hostile-80": both ? [c, d] : [generation % 4 === 2 ? c : d],
    };
    this.#proxy?.apply(buildDelta({ hosts: [buildHost("_", [hostile, other, calm])], endpoints, settings }));
  }
}

/** Other endpoints, pools and routes than before for the same requests. */
function otherParts(generation: number): { readonly settings: Partial<DataPlaneSettings>; readonly path: string } {
  const { upstreamKeepalive: keepalive } = DEFAULT_SETTINGS.dataPlane;
  const connections = [320, 2, 0][generation % 3] ?? 320;
  const requests = generation % 5 === 4 ? 3 : keepalive.requests;
  return { settings: { upstreamKeepalive: { ...keepalive, connections, requests } }, path: `/other/${generation % 7}` };
}

function networkHandles(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name));
}

async function within(holds: () => boolean): Promise<boolean> {
  const endMs = Date.now() + EMPTY_LIMIT_MS;
  while (!holds()) {
    if (Date.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
