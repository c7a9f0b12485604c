import { ok } from "../../lib/result.ts";
import type { CodingSpec } from "../../model/filters/compression.ts";
import type { CompressionSettings } from "../../model/settings.ts";
import type { FilterSource } from "./filter-source.ts";

/** Of every route or of none: only the ConfigMap asks for it. */
export const compression: FilterSource<"compression"> = (_policy, { reader }) => {
  const { gzip, brotli } = reader.settings;
  if (!gzip.enabled && !brotli.enabled) return ok(null);
  return ok({ gzip: specOf(gzip), brotli: specOf(brotli) });
};

function specOf({ enabled, ...spec }: CompressionSettings): CodingSpec | null {
  return enabled ? spec : null;
}
