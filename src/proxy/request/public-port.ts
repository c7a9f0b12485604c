import type { RequestContext } from "./context.ts";

const DEFAULT_PORTS = { http: "80", https: "443" } as const;

/**
 * `:8443`, for the host of a redirect that this request is answered with; empty where clients reach HTTPS on 443, as behind every
 * Service, whatever the ports bound: a local proxy may be reached only on the ports it listens on.
 */
export function publicPort({ core }: RequestContext, scheme: "http" | "https"): string {
  const { forwardedPorts } = core;
  if (forwardedPorts.https === DEFAULT_PORTS.https) return "";
  const port = forwardedPorts[scheme];
  return port === DEFAULT_PORTS[scheme] || port === "0" ? "" : `:${port}`;
}
