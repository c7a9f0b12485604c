import { type CidrSet, compileCidrs } from "../../lib/cidr.ts";
import type { DataPlaneSettings } from "../../model/settings.ts";
import { compileSentHeaders } from "./hidden-headers.ts";

/** The settings as requests use them: look-ups instead of lists, finished header values. Never changed, only replaced. */
export interface RuntimeSettings {
  readonly dataPlane: DataPlaneSettings;
  /** Value of Strict-Transport-Security; null when it is switched off. */
  readonly hsts: string | null;
  /** Peers whose forwarded-for header is believed; empty unless the settings ask for it. */
  readonly trustedProxies: CidrSet;
  /** Lower-case name of the header that carries the client address. */
  readonly forwardedForName: string;
  /** Whether the upstream's response headers of that lower-case name reach clients. */
  readonly sendsHeader: (name: string) => boolean;
}

export function compileSettings(settings: DataPlaneSettings): RuntimeSettings {
  const believesAddresses = settings.useForwardedHeaders || settings.enableRealIp;
  return {
    dataPlane: settings,
    hsts: formatHsts(settings.hsts),
    trustedProxies: compileCidrs(believesAddresses ? settings.proxyRealIpCidrs : []),
    forwardedForName: settings.forwardedForHeader.toLowerCase(),
    sendsHeader: compileSentHeaders(settings.hideHeaders),
  };
}

function formatHsts(hsts: DataPlaneSettings["hsts"]): string | null {
  if (hsts === null) return null;
  const subdomains = hsts.includeSubdomains ? "; includeSubDomains" : "";
  return `max-age=${hsts.maxAgeSeconds}${subdomains}${hsts.preload ? "; preload" : ""}`;
}
