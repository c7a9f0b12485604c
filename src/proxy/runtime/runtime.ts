import { onlyShard } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import { DEFAULT_SETTINGS } from "../../model/settings.ts";
import { CompressionPlaces } from "../filters/compression/places.ts";
import type { FilterServices } from "../filters/site.ts";
import { compileSettings, type RuntimeSettings } from "../request/request-settings.ts";
import { RouteCompiler } from "./route-compiler.ts";
import { RouteTables } from "./route-tables.ts";

/** What comes from outside; the rest is each data plane's own. */
type GivenServices = Pick<FilterServices, "limits"> & Partial<FilterServices>;

/** Whatever else is compiled from the model: upstream pools, certificates. */
interface DeltaConsumer {
  apply(delta: ModelDelta): void;
}

/**
 * The model as requests use it. A delta compiles only the hosts it brings, before anything is changed; then everything is
 * replaced in one synchronous step, so that no request sees half of it and a fault in compiling leaves the old state whole.
 */
export class Runtime {
  readonly tables: RouteTables;
  readonly #consumers: readonly DeltaConsumer[];
  #settings: RuntimeSettings = compileSettings(DEFAULT_SETTINGS.dataPlane);
  #ready = false;

  constructor(consumers: readonly DeltaConsumer[], services: GivenServices, random: () => number = () => 0.5) {
    this.tables = new RouteTables(new RouteCompiler({ compressions: new CompressionPlaces(), ...services }), random);
    this.#consumers = consumers;
  }

  /** False until the first delta was applied. */
  get ready(): boolean {
    return this.#ready;
  }

  get settings(): RuntimeSettings {
    return this.#settings;
  }

  apply(delta: ModelDelta): void {
    const tables = this.tables.prepare(delta);
    const changed = onlyShard(delta.settings);
    const settings = changed ? compileSettings(changed.dataPlane) : this.#settings;
    for (const consumer of this.#consumers) consumer.apply(delta);
    this.tables.commit(tables);
    this.#settings = settings;
    this.#ready = true;
  }
}
