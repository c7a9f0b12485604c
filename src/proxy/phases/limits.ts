import { type Answer, errorAnswer } from "../answer.ts";
import type { RequestContext } from "../context.ts";

export function limits(context: RequestContext): Answer | null {
  return null;
}
