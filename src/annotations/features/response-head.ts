import { ok, type Result } from "../../lib/result.ts";
import type { SupportStatus } from "../../lib/support-status.ts";
import { at, Keys } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";
import { parseSize } from "../entries/value-parsers.ts";

const head = new Fields({ group: "Proxying" }, ({ responseHeadBytes }) => ({ limitBytes: responseHeadBytes }));
const keys = new Keys({ group: "Proxying, timeouts, retries" });

const status: SupportStatus = {
  kind: "differs",
  how: "heads of up to 64k pass whatever it says, and none of more than 1m",
};

/** Largest head of a response, in bytes. */
export const RESPONSE_HEAD = head.feature({
  entries: [
    head.field("limitBytes", parseHeadSize, {
      name: "proxy-buffer-size",
      risk: "low",
      value: "size",
      fallback: "ConfigMap, `4k`",
      status,
      doc: "Largest head of a response; 502 above it.",
    }),
  ],
  policy: ({ limitBytes }) => limitBytes,
  keys: [
    keys.key(at("translation", "responseHeadBytes"), parseHeadSize, {
      name: "proxy-buffer-size",
      fallback: "4k",
      status,
      doc: "Largest head of a response; 502 above it.",
    }),
  ],
});

/** What a response head may always have, and what it may have at most however large the buffer for it is said to be. */
const LEAST_HEAD_BYTES = 65_536;
const MOST_HEAD_BYTES = 1_048_576;

/** nginx's buffer for a response head, as the bytes that a head may have. */
function parseHeadSize(text: string): Result<number> {
  const size = parseSize(text);
  return size.ok ? ok(Math.min(Math.max(size.value, LEAST_HEAD_BYTES), MOST_HEAD_BYTES)) : size;
}
