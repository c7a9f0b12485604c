import type { SupportStatus } from "../lib/support-status.ts";

/** Of `proxy-buffer-size`, as annotation and as key. */
export const HEAD_SIZE_STATUS: SupportStatus = {
  kind: "differs",
  how: "heads of up to 64k pass whatever it says, and none of more than 1m",
};
