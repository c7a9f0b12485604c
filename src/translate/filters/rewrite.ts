import { ok } from "../../lib/result.ts";
import type { FilterSource } from "./filter-source.ts";

/** The place knows whether the target changes anything. */
export const rewrite: FilterSource<"rewrite"> = ({ rewrite: { forwardedPrefix } }, { rewriteTarget }) =>
  ok(rewriteTarget === null ? null : { target: rewriteTarget, forwardedPrefix });
