import { hostOfAuthority } from "../../lib/host-name.ts";
import { encodeQuery } from "../../router/router.ts";
import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";
import { absoluteLocation } from "../answers/location.ts";
import { publicPort } from "../request/public-port.ts";

/**
 * http to https, for routes that ask for it always, or when their host has a certificate. The Location has the host without the request's
 * port and the raw target; unless asked to keep it, one trailing slash of the whole target is cut, even when it ends the query.
 */
export const tlsRedirect: Filter = { decide: (context) => redirectToTls(context) };

function redirectToTls(context: RequestContext): Answer | null {
  const { route, settings } = context;
  if (!context.saysHttp || route === null) return null;
  const host = hostOfAuthority(context.publicAuthority);
  if (host === null) return NO_HOST;
  const target = withoutTrailingSlash(
    encodeQuery(context.request.target),
    route.filters.tlsRedirect?.preserveTrailingSlash === true,
  );
  const location = absoluteLocation("https", host + publicPort(context, "https"), target);
  return { kind: "redirect", status: settings.model.httpRedirectCode, location };
}

const NO_HOST = errorAnswer(ERRORS.badAuthority);

function withoutTrailingSlash(target: string, preserve: boolean): string {
  return !preserve && target.endsWith("/") ? target.slice(0, -1) : target;
}
