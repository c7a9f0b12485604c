import { err, ok, type Result } from "../../lib/result.ts";
import { type ApiClient, type ApiFailure, formatFailure } from "../api-source/api-client.ts";
import { formatLease, type LeaseRecord, parseLease, type ReadLease } from "./lease.ts";

/** One Lease, wherever it is kept. Nothing here rejects. */
export interface LeaseStore {
  /** Null when it does not exist. */
  read(signal: AbortSignal): Promise<Result<ReadLease | null>>;
  /** Creates it where `resourceVersion` is null; fails when somebody else wrote it meanwhile. */
  write(record: LeaseRecord, resourceVersion: string | null, signal: AbortSignal): Promise<Result<ReadLease>>;
}

const UNREADABLE = "the answer is not a Lease";

/** The Lease `namespace`/`name` of the API server. */
export function openLeaseStore(
  client: ApiClient,
  lease: { readonly namespace: string; readonly name: string },
): LeaseStore {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(lease.namespace)}/leases`;
  const path = `${collection}/${encodeURIComponent(lease.name)}`;
  return {
    read: async (signal) => {
      const answer = await client.getJson(path, signal);
      if (!answer.ok && isMissing(answer.error)) return ok(null);
      return readAnswer(answer);
    },
    write: async (record, resourceVersion, signal) => {
      const body = formatLease(lease, record, resourceVersion);
      const write =
        resourceVersion === null
          ? ({ verb: "create", path: collection, body } as const)
          : ({ verb: "update", path, body } as const);
      return readAnswer(await client.write(write, signal));
    },
  };
}

function readAnswer(answer: Result<unknown, ApiFailure>): Result<ReadLease> {
  if (!answer.ok) return err(formatFailure(answer.error));
  const lease = parseLease(answer.value);
  return lease === null ? err(UNREADABLE) : ok(lease);
}

function isMissing(failure: ApiFailure): boolean {
  return failure.kind === "status" && failure.status === 404;
}
