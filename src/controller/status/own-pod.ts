import { isRecord } from "../../kubernetes/parse-fields.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type ApiClient, formatFailure } from "../api-source/api-client.ts";

/** The pod we run in, and the others like it. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What counts of a pod. */
export interface PodFacts {
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  /** Running and not being deleted. */
  readonly running: boolean;
  /** Running, and its Ready condition is true. */
  readonly ready: boolean;
  readonly labels: Readonly<Record<string, unknown>>;
}

/** Labels that differ between the revisions of one Deployment or DaemonSet. */
const REVISION_LABELS = new Set(["controller-revision-hash", "pod-template-generation", "pod-template-hash"]);

export async function readPod(client: ApiClient, pod: PodName, signal: AbortSignal): Promise<Result<PodFacts>> {
  const answer = await client.getJson(`${podsPath(pod)}/${encodeURIComponent(pod.name)}`, signal);
  return answer.ok ? ok(podFacts(answer.value)) : err(formatFailure(answer.error));
}

/** Every pod with the labels of ours, ours included. A pod without labels has no others like it. */
export async function listPodsLike(
  client: ApiClient,
  own: { readonly pod: PodName; readonly facts: PodFacts },
  signal: AbortSignal,
): Promise<Result<readonly PodFacts[]>> {
  const labels = Object.entries(own.facts.labels).filter(([key]) => !REVISION_LABELS.has(key));
  if (labels.length === 0) return ok([own.facts]);
  const labelSelector = labels.map(([key, value]) => `${key}=${String(value)}`).join(",");
  const answer = await client.getJson(
    `${podsPath(own.pod)}?${new URLSearchParams({ labelSelector }).toString()}`,
    signal,
  );
  if (!answer.ok) return err(formatFailure(answer.error));
  const items = isRecord(answer.value) ? answer.value["items"] : null;
  return Array.isArray(items) ? ok(items.map(podFacts)) : err("the answer is not a list of pods");
}

/** The address of a node that `kind` prefers; ingress-nginx takes the first of its type, and the internal one where there is no external. */
export async function readNodeAddress(
  client: ApiClient,
  node: string,
  kind: "external" | "internal",
  signal: AbortSignal,
): Promise<Result<string | null>> {
  const answer = await client.getJson(`/api/v1/nodes/${encodeURIComponent(node)}`, signal);
  if (!answer.ok) return err(formatFailure(answer.error));
  const addresses = listAt(answer.value, "status", "addresses");
  const first = (type: string): string | null => {
    const found = addresses.find((entry) => isRecord(entry) && entry["type"] === type);
    return isRecord(found) && typeof found["address"] === "string" ? found["address"] : null;
  };
  const internal = first("InternalIP");
  return ok(kind === "internal" ? internal : (first("ExternalIP") ?? internal));
}

function podsPath({ namespace }: PodName): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}

function podFacts(json: unknown): PodFacts {
  const metadata = recordAt(json, "metadata");
  const labels = recordAt(metadata, "labels");
  const running = recordAt(json, "status")["phase"] === "Running" && typeof metadata["deletionTimestamp"] !== "string";
  const ready = listAt(json, "status", "conditions").some(
    (condition) => isRecord(condition) && condition["type"] === "Ready" && condition["status"] === "True",
  );
  return {
    name: textAt(metadata, "name"),
    uid: textAt(metadata, "uid"),
    nodeName: textAt(recordAt(json, "spec"), "nodeName"),
    running,
    ready: running && ready,
    labels,
  };
}

function recordAt(json: unknown, name: string): Readonly<Record<string, unknown>> {
  const value = isRecord(json) ? json[name] : null;
  return isRecord(value) ? value : {};
}

function textAt(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name];
  return typeof value === "string" ? value : "";
}

function listAt(json: unknown, outer: string, inner: string): readonly unknown[] {
  const value = recordAt(json, outer)[inner];
  return Array.isArray(value) ? value : [];
}
