import { HeaderList } from "../http/header-list.ts";
import { ALLOWED_METHODS } from "../http/refusals.ts";
import type { ServerStream } from "./server.ts";

/** Answers `OPTIONS *`, which asks about the server, not about a host (RFC 9110 §9.3.7). */
export function answerAsterisk(stream: ServerStream): void {
  stream.sendHead(200, HeaderList.from([["Allow", ALLOWED_METHODS]]), 0);
  stream.end(null);
}
