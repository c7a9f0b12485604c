import { parseAuthority } from "../../lib/host-name.ts";
import { type Answer, errorAnswer } from "../answer.ts";
import type { RequestContext, RuntimeRoute } from "../context.ts";
import { ERRORS } from "../errors.ts";
import { absoluteLocation } from "../location.ts";
import { publicPort } from "./public-port.ts";

/**
 * http to https: always, or when the host has a certificate. The Location has the host without the request's port and the raw target;
 * unless asked to keep it, one trailing slash of the whole target is cut, even when it ends the query.
 */
export function tlsRedirect(context: RequestContext): Answer | null {
  const { route, settings } = context;
  if (context.scheme === "https" || route === null || !redirects(route)) return null;
  const authority = parseAuthority(context.publicAuthority);
  if (!authority.ok) return NO_HOST;
  const target = withoutTrailingSlash(context.request.target, route.route.filters.tlsRedirect.preserveTrailingSlash);
  const location = absoluteLocation("https", authority.value.host + publicPort(context, "https"), target);
  return { kind: "redirect", status: settings.model.httpRedirectCode, location };
}

const NO_HOST = errorAnswer(ERRORS.badAuthority);

function redirects(route: RuntimeRoute): boolean {
  const { always, whenCertificate } = route.route.filters.tlsRedirect;
  return always || (whenCertificate && route.virtualHost.certificate !== null);
}

function withoutTrailingSlash(target: string, preserve: boolean): string {
  return !preserve && target.endsWith("/") ? target.slice(0, -1) : target;
}
