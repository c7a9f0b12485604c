import type { ModelDelta, ModelSink } from "../../../src/model/model.ts";
import type { Problem } from "../../../src/model/problem.ts";
import { Controller, type ObjectSource } from "../../../src/controller/controller.ts";
import type { ModelTranslator } from "../../../src/controller/source.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { Announcer } from "../waiting/waiting.ts";

/** A data plane that only remembers: the deltas, and the model they add up to. */
class RecordingSink extends Announcer implements ModelSink {
  readonly deltas: ModelDelta[] = [];
  readonly virtualHosts = new Map<string, unknown>();
  readonly endpoints = new Map<string, unknown>();
  readonly certificates = new Map<string, unknown>();

  apply(delta: ModelDelta): void {
    this.deltas.push(delta);
    merge(this.virtualHosts, delta.virtualHosts);
    merge(this.endpoints, delta.endpoints);
    merge(this.certificates, delta.certificates);
    this.announce();
  }
}

function merge(into: Map<string, unknown>, shards: ReadonlyMap<string, unknown>): void {
  for (const [id, shard] of shards) {
    if (shard === null) into.delete(id);
    else into.set(id, shard);
  }
}

export interface ControllerHarness extends AsyncDisposable {
  readonly controller: Controller;
  readonly sink: RecordingSink;
  readonly problems: Map<string, readonly Problem[]>;
}

/** A started controller on these sources. */
export function startController(
  sources: readonly ObjectSource[],
  translator: ModelTranslator,
  clock: Clock = systemClock,
  holdOffMs = 5,
): ControllerHarness {
  const sink = new RecordingSink();
  const problems = new Map<string, readonly Problem[]>();
  const onProblems = (changed: ReadonlyMap<string, readonly Problem[]>): void => merge(problems, changed);
  const controller = new Controller({
    sources,
    translator,
    sink,
    logger: silentLogger,
    clock,
    holdOffMs,
    onProblems,
  });
  controller.start();
  return { controller, sink, problems, [Symbol.asyncDispose]: () => controller.stop() };
}
