import { ok } from "../../lib/result.ts";
import type { FilterSource } from "./filter-source.ts";

/** `no-tls-redirect-locations` are prefixes of the rule's path, not of the request's. */
export const tlsRedirect: FilterSource<"tlsRedirect"> = ({ tlsRedirect: redirect }, { path, reader }) => {
  if (!redirect.whenCertificate && !redirect.always) return ok(null);
  const prefixes = reader.settings.noTlsRedirectLocations;
  return ok(prefixes.some((prefix) => prefix !== "" && path.startsWith(prefix)) ? null : redirect);
};
