import { hostOfAuthority } from "../../lib/host-name.ts";
import type { TlsRedirectFilter } from "../../model/filters/tls-redirect.ts";
import { encodeQuery } from "../../router/router.ts";
import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";
import { absoluteLocation } from "../answers/location.ts";
import { publicPort } from "../request/public-port.ts";
import type { FilterSite } from "./site.ts";

/**
 * http to https, for routes that ask for it always, or when their host has a certificate. The Location has the host without the request's
 * port and the raw target; unless asked to keep it, one trailing slash of the whole target is cut, even when it ends the query.
 */
export function compileTlsRedirect(spec: TlsRedirectFilter, { hasCertificate }: FilterSite): Filter | null {
  return spec.always || (spec.whenCertificate && hasCertificate) ? new TlsRedirect(spec.preserveTrailingSlash) : null;
}

class TlsRedirect implements Filter {
  readonly #preserveTrailingSlash: boolean;

  constructor(preserveTrailingSlash: boolean) {
    this.#preserveTrailingSlash = preserveTrailingSlash;
  }

  decide(context: RequestContext): Answer | null {
    if (!context.saysHttp) return null;
    const host = hostOfAuthority(context.publicAuthority);
    if (host === null) return NO_HOST;
    const target = encodeQuery(context.request.target);
    const kept = this.#preserveTrailingSlash ? target : withoutTrailingSlash(target);
    const location = absoluteLocation("https", host + publicPort(context, "https"), kept);
    return { kind: "redirect", status: context.settings.dataPlane.httpRedirectCode, location };
  }
}

const NO_HOST = errorAnswer(ERRORS.badAuthority);

function withoutTrailingSlash(target: string): string {
  return target.endsWith("/") ? target.slice(0, -1) : target;
}
