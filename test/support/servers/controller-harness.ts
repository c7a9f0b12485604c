import type { Model, ModelDelta, ModelSink } from "../../../src/model/model.ts";
import { ModelCopy } from "../../../src/model/model-copy.ts";
import type { Problem } from "../../../src/model/problem.ts";
import { Controller, type ObjectSource } from "../../../src/controller/controller.ts";
import type { ModelTranslator } from "../../../src/controller/source.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { Announcer } from "../waiting/waiting.ts";

/** A data plane that only remembers: the deltas, and the model they add up to. */
class RecordingSink extends Announcer implements ModelSink {
  readonly deltas: ModelDelta[] = [];
  readonly copy = new ModelCopy();

  get virtualHosts(): Model["virtualHosts"] {
    return this.copy.model.virtualHosts;
  }

  get endpoints(): Model["endpoints"] {
    return this.copy.model.endpoints;
  }

  get certificates(): Model["certificates"] {
    return this.copy.model.certificates;
  }

  apply(delta: ModelDelta): void {
    this.deltas.push(delta);
    this.copy.apply(delta);
    this.announce();
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
  const onProblems = (changed: ReadonlyMap<string, readonly Problem[]>): void => {
    for (const [object, list] of changed) problems.set(object, list);
  };
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
