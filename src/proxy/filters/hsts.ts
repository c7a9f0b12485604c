import { type FieldName, fieldName } from "../../wire/wire.ts";
import type { Filter } from "../request/context.ts";

/**
 * Strict-Transport-Security of the settings, sent from every location of every host over a TLS connection, whatever forwarded headers say of
 * the scheme. It takes the place of the upstream's.
 */
export const hsts: Filter = {
  editResponse: ({ connection, inLocation, settings }, { headers }) => {
    if (connection.tls === null || !inLocation || settings.hsts === null) return;
    if (headers.has(HSTS.lower)) headers.retain(isOther);
    headers.push(HSTS, settings.hsts);
  },
};

const HSTS = fieldName("Strict-Transport-Security");

function isOther(name: FieldName): boolean {
  return name.lower !== HSTS.lower;
}
