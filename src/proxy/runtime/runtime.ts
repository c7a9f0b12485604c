import { onlyShard } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import { DEFAULT_SETTINGS } from "../../model/settings.ts";
import type { VirtualHost } from "../../model/virtual-host.ts";
import { compileHost, HostTable } from "../../router/router.ts";
import type { RuntimeHost, RuntimeHosts } from "../request/context.ts";
import type { FilterServices } from "../filters/site.ts";
import { RouteCompiler } from "./route-compiler.ts";
import { shareParts } from "./shared-parts.ts";
import { compileSettings, type RuntimeSettings } from "../request/request-settings.ts";

/** Whatever else is compiled from the model: upstream pools, certificates. */
interface DeltaConsumer {
  apply(delta: ModelDelta): void;
}

/**
 * The model as requests use it. A delta compiles only the hosts it brings, before anything is changed; then everything is
 * replaced in one synchronous step, so that no request sees half of it and a fault in compiling leaves the old state whole.
 */
export class Runtime {
  readonly hosts: RuntimeHosts;
  readonly #consumers: readonly DeltaConsumer[];
  readonly #compiler: RouteCompiler;
  #settings: RuntimeSettings = compileSettings(DEFAULT_SETTINGS.dataPlane);
  #ready = false;

  constructor(consumers: readonly DeltaConsumer[], services: FilterServices, random: () => number = () => 0.5) {
    this.hosts = new HostTable(random());
    this.#consumers = consumers;
    this.#compiler = new RouteCompiler(services);
  }

  /** False until the first delta was applied. */
  get ready(): boolean {
    return this.#ready;
  }

  get settings(): RuntimeSettings {
    return this.#settings;
  }

  apply(delta: ModelDelta): void {
    const compiled = compileHosts(delta.virtualHosts, this.#compiler);
    const changed = onlyShard(delta.settings);
    const settings = changed ? compileSettings(changed.dataPlane) : this.#settings;
    for (const consumer of this.#consumers) consumer.apply(delta);
    for (const [id, host] of compiled) {
      if (host === null) this.hosts.delete(id);
      else this.hosts.set(host);
    }
    this.#settings = settings;
    this.#ready = true;
  }
}

function compileHosts(
  hosts: ReadonlyMap<string, VirtualHost | null>,
  compiler: RouteCompiler,
): Map<string, RuntimeHost | null> {
  const compiled = new Map<string, RuntimeHost | null>();
  for (const [id, host] of hosts) {
    if (host === null) {
      compiled.set(id, null);
      continue;
    }
    const shared = { ...host, routes: host.routes.map(shareParts) };
    compiled.set(
      id,
      compileHost(shared, (route) => compiler.compile(route, shared), compiler.compileHostHooks(shared.filters)),
    );
  }
  return compiled;
}
