import type { HeaderEdits } from "./header-edits.ts";

/** What the upstream is sent besides, or instead of, what the client sent. */
export type RequestHeadersFilter = HeaderEdits;
