import { readRequests } from "../../test/support/oracles/request-oracle.ts";
import { runClient } from "./client.ts";
import { judge } from "./judge.ts";
import type { Plan } from "./plan.ts";
import type { Stage } from "./stage.ts";

/** Carries a plan out; every broken promise goes to the world's findings. */
export async function runPlan(stage: Stage, plan: Plan): Promise<void> {
  const oracle = readRequests(plan.pieces.join(""));
  const mark = stage.world.stalls.mark();
  const address = stage.world.enter(plan);
  const outcome = await runClient(
    stage.ports,
    address,
    plan,
    plan.kind === "tunnel" ? { ...oracle, messages: oracle.messages.slice(0, 1) } : oracle,
  );
  const seen = stage.world.seenOf(address);
  const saidLate = (status: number, body: string): boolean => stage.world.saidLate(status, body);
  const faults = plan.kind === "tunnel" ? [] : judge({ plan, oracle, outcome, seen, saidLate });
  const stalled = faults.length > 0 && stage.world.stalls.stalledSince(mark);
  if (stalled) stage.world.unjudged++;
  for (const fault of stalled ? [] : faults) {
    stage.world.report(fault, plan, {
      oracle: { end: oracle.end, statuses: [...oracle.statuses], messages: oracle.messages.length },
      answers: outcome.reader.answers.map((answer) => ({
        ...answer,
        fields: [...answer.fields],
        body: answer.body.slice(0, 200),
      })),
      rest: outcome.reader.rest.slice(0, 500),
      error: outcome.error,
      seen: seen.map(({ serial, message }) => ({ serial, line: message.startLine, body: message.body.slice(0, 200) })),
    });
  }
  stage.world.leave(address);
}
