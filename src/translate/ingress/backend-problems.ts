import type { Problem } from "../../model/problem.ts";
import { checkBackend } from "../shared/backend-problems.ts";
import type { TrackedReader } from "../shared/tracked-reader.ts";
import type { IngressPlan } from "./plan.ts";

/** What is wrong with the Services an Ingress refers to. Their routes stay and answer 503; pods coming and going is no problem here. */
export function translateBackends(reader: TrackedReader, plan: IngressPlan): readonly Problem[] {
  return plan.backends.flatMap(({ backend, field, cost = "its requests are answered 503" }) => {
    const place = { source: plan.source, field, value: `${backend.name}:${backend.port ?? ""}` };
    const { serviceUpstream } = plan.policy;
    const use = { place, portField: `${field}.port`, serviceUpstream, cost };
    return checkBackend(reader, backend, use);
  });
}
