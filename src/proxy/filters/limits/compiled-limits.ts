import { createHash } from "node:crypto";
import { compileCidrs, type CidrSet } from "../../../lib/cidr.ts";
import type { LimitsFilter, RateLimit } from "../../../model/filters/limits.ts";

/** A limits filter in the units of the table. */
export interface CompiledLimits {
  /** First 64 bits of the SHA-256 of the zone: threads agree on them without talking. */
  readonly zoneHigh: number;
  readonly zoneLow: number;
  readonly perSecond: CompiledRate | null;
  readonly perMinute: CompiledRate | null;
  /** Requests in flight per client address; 0 is unlimited. */
  readonly connections: number;
  /** Null when empty. */
  readonly allowlist: CidrSet | null;
}

/** Thousandths of a request, as nginx keeps them. */
export interface CompiledRate {
  readonly milliPerSecond: number;
  readonly burstMilli: number;
}

/** Levels are kept in 32-bit cells; one more request above the burst must fit. */
const MAX_BURST_MILLI = 0x7fff_ffff - 1000;

/** Prepares a filter for `admit`. Equal zones share their state, whatever else differs. */
export function compileLimits(filter: LimitsFilter): CompiledLimits {
  const digest = createHash("sha256").update(filter.zone).digest();
  return {
    zoneHigh: digest.readInt32LE(0),
    zoneLow: digest.readInt32LE(4),
    perSecond: compileRate(filter.requestsPerSecond, 1),
    perMinute: compileRate(filter.requestsPerMinute, 60),
    connections: filter.connections,
    allowlist: filter.allowlist.length === 0 ? null : compileCidrs(filter.allowlist),
  };
}

/** nginx scales a rate per minute to thousandths per second and cuts the rest: `1r/m` is 16, so a little slower than written. */
function compileRate(limit: RateLimit | null, periodSeconds: number): CompiledRate | null {
  if (limit === null) return null;
  return {
    milliPerSecond: Math.floor((limit.rate * 1000) / periodSeconds),
    burstMilli: Math.min(limit.burst * 1000, MAX_BURST_MILLI),
  };
}
