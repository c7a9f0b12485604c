import { isRecord } from "../../kubernetes/parse-fields.ts";

/** The part of a coordination.k8s.io/v1 Lease that an election reads and writes, as client-go's LeaderElectionRecord. */
export interface LeaseRecord {
  /** Empty: nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
  /** RFC 3339 with microseconds; only ever compared with itself, since clocks of others cannot be trusted. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
}

/** A Lease as it was read: the record, and the version that an update must still find. */
export interface ReadLease {
  readonly record: LeaseRecord;
  readonly resourceVersion: string;
}

/** Null for something that is no Lease. Absent fields count as empty, as they are in a Lease that somebody made by hand. */
export function parseLease(json: unknown): ReadLease | null {
  if (!isRecord(json) || !isRecord(json["metadata"])) return null;
  const resourceVersion = textOf(json["metadata"]["resourceVersion"]);
  const spec = isRecord(json["spec"]) ? json["spec"] : {};
  if (resourceVersion === "") return null;
  const record = {
    holder: textOf(spec["holderIdentity"]),
    durationMs: numberOf(spec["leaseDurationSeconds"]) * 1000,
    acquireTime: textOf(spec["acquireTime"]),
    renewTime: textOf(spec["renewTime"]),
    transitions: numberOf(spec["leaseTransitions"]),
  };
  return { record, resourceVersion };
}

/** The object to write; without a version it is to be created. */
export function formatLease(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  record: LeaseRecord,
  resourceVersion: string | null,
): unknown {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace, name, ...(resourceVersion === null ? {} : { resourceVersion }) },
    spec: {
      holderIdentity: record.holder,
      // A Lease lasts whole seconds; one at least, which is also what a released one says.
      leaseDurationSeconds: Math.max(1, Math.ceil(record.durationMs / 1000)),
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.transitions,
    },
  };
}

/** Kubernetes' MicroTime. */
export function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/Z$/, "000Z");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
