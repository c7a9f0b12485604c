import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProfileName, Rival, Setup } from "../rivals/setup.ts";
import { freePort, type Running } from "../support/processes.ts";

/** What does not depend on the rival. */
export interface ProxyContext {
  readonly directory: string;
  readonly proxyCore: number;
  readonly backendPort: number;
  readonly otherBackendPort: number;
  readonly certFile: string;
  readonly keyFile: string;
  readonly nodeOptions: readonly string[];
}

/** A rival that runs with one profile. */
export interface Instance {
  readonly rival: Rival;
  readonly setup: Setup;
  readonly running: Running;
}

/** Running rivals: each (rival, profile) is started when it is first asked for, and started anew when it has died. */
export class Instances implements AsyncDisposable {
  readonly #surroundings: ProxyContext;
  readonly #running = new Map<string, Instance>();

  constructor(surroundings: ProxyContext) {
    this.#surroundings = surroundings;
  }

  async get(rival: Rival, profile: ProfileName): Promise<Instance> {
    const key = `${rival.name} ${profile}`;
    const known = this.#running.get(key);
    if (known !== undefined && (await known.running.alive())) return known;
    await known?.running.stop();
    const setup = await this.#prepare(rival, profile);
    const instance = { rival, setup, running: await rival.start(setup) };
    this.#running.set(key, instance);
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ running }) => running.stop()));
    this.#running.clear();
  }

  async #prepare(rival: Rival, profile: ProfileName): Promise<Setup> {
    const { directory, proxyCore, ...rest } = this.#surroundings;
    mkdirSync(directory, { recursive: true });
    const own = mkdtempSync(join(directory, `${rival.name}-${profile}-`));
    const logFile = join(own, "access.log");
    writeFileSync(logFile, "");
    const [httpPort, httpsPort] = [await freePort(), await freePort()];
    return { ...rest, profile, directory: own, core: proxyCore, httpPort, httpsPort, logFile };
  }
}
