import type { BackendProtocol } from "../../model/backend-protocol.ts";
import type { Reader } from "../entry.ts";
import { custom } from "../readers.ts";
import { closes, unusable } from "../remark.ts";

const SPOKEN: ReadonlyMap<string, BackendProtocol> = new Map([
  ["HTTP", "http"],
  ["HTTPS", "https"],
  ["GRPC", "grpc"],
  ["GRPCS", "grpcs"],
  ["AUTO_HTTP", "auto"],
]);

/** Case does not matter. Traffic in a protocol that the endpoint does not speak is useless, so the unspoken one closes the routes. */
export const backendProtocolReader: Reader = custom("trimmed", (value, draft) => {
  const word = value.toUpperCase();
  const spoken = SPOKEN.get(word);
  if (spoken !== undefined) {
    draft.backendProtocol = spoken;
    return null;
  }
  if (word === "FCGI") {
    return closes(
      "FCGI endpoints are not supported; put a web server with FastCGI, such as nginx, into the pod and serve HTTP",
    );
  }
  return unusable("expected HTTP, HTTPS, GRPC, GRPCS or AUTO_HTTP");
});
