import { ok } from "../../lib/result.ts";
import type { FilterSource } from "./filter-source.ts";

export const rewrite: FilterSource<"rewrite"> = ({ rewrite: { forwardedPrefix } }, { rewriteTarget }) =>
  ok(rewriteTarget === null ? null : { target: rewriteTarget, forwardedPrefix });
