import type { BodyLimitFilter } from "../../model/filters/body-limit.ts";
import { at, Keys } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";
import { parseSize } from "../entries/value-parsers.ts";

const body = new Fields({ group: "Proxying" }, ({ bodyLimitBytes }) => ({ maxBytes: bodyLimitBytes }));
const keys = new Keys({ group: "Proxying, timeouts, retries" });

/** Largest request body; null: unlimited. */
export const BODY_LIMIT = body.feature({
  entries: [
    body.field("maxBytes", parseSize, {
      name: "proxy-body-size",
      risk: "medium",
      value: "size",
      fallback: "ConfigMap, `1m`",
      doc: "Largest request body, 413 above it; `0` is unlimited.",
    }),
  ],
  policy: ({ maxBytes }): BodyLimitFilter | null => (maxBytes === 0 ? null : { maxBytes }),
  keys: [
    keys.key(at("translation", "bodyLimitBytes"), parseSize, {
      name: "proxy-body-size",
      fallback: "1m",
      doc: "Largest request body, 413 above it; `0` is unlimited.",
    }),
  ],
});
