import type { Reader } from "../entry.ts";
import { custom } from "../readers.ts";
import { closes, unusable } from "../remark.ts";

const SPOKEN: ReadonlyMap<string, "http" | "https"> = new Map([
  ["HTTP", "http"],
  ["HTTPS", "https"],
]);
const OTHER_PROTOCOLS = new Set(["GRPC", "GRPCS", "FCGI"]);

/** Case does not matter. Traffic in a protocol that the endpoint does not speak is useless, so unspoken ones close the routes. */
export const backendProtocolReader: Reader = custom("trimmed", (value, draft) => {
  const word = value.toUpperCase();
  const spoken = SPOKEN.get(word);
  if (spoken !== undefined) {
    draft.backendProtocol = spoken;
    return null;
  }
  if (OTHER_PROTOCOLS.has(word))
    return closes(`${word} endpoints are not supported yet; serve HTTP or HTTPS from the endpoints`);
  if (word === "AUTO_HTTP") return unusable("AUTO_HTTP is not supported yet and counts as HTTP; write HTTP or HTTPS");
  return unusable("expected HTTP or HTTPS");
});
