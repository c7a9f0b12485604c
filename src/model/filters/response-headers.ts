import type { HeaderEdits } from "./header-edits.ts";

/** What the client is sent besides, or instead of, what the upstream sent; pages of the proxy's own are edited too. */
export type ResponseHeadersFilter = HeaderEdits;
