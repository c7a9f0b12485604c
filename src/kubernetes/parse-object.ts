import type { FieldError } from "../lib/field-error.ts";
import type { Ingress, Kind, KubernetesObject, Namespace, ObjectMeta } from "./objects.ts";
import { type Fields, isRecord, type ParseLog, reportError } from "./parse-fields.ts";
import { parseIngress, parseIngressClass, parseRefusedIngress } from "./parse-ingress.ts";
import { parseMeta, type Scope } from "./parse-meta.ts";
import { parseConfigMap, parseSecret } from "./parse-secret.ts";
import { parseEndpointSlice, parseService } from "./parse-service.ts";

export interface ParsedObject {
  /** Null when nothing of it can be used: see `errors`, or `recognised`. */
  readonly object: KubernetesObject | null;
  /** Of an Ingress that cannot be used, what is known of it, for that to be closed: see `Ingress.refused`. */
  readonly closed: Ingress | null;
  /** Each one cost the part it names, or the whole object when `object` is null. At most 100. */
  readonly errors: readonly FieldError[];
  /** What looks like a mistake but costs nothing, such as unknown fields. At most 100. */
  readonly warnings: readonly FieldError[];
  /** False: an object of a kind that is not read here, which is no error. */
  readonly recognised: boolean;
}

interface KindEntry {
  readonly apiVersion: string;
  readonly scope: Scope;
  readonly parse: (object: Fields, meta: ObjectMeta) => KubernetesObject | null;
}

const KINDS: ReadonlyMap<string, KindEntry> = new Map<Kind, KindEntry>([
  ["Ingress", { apiVersion: "networking.k8s.io/v1", scope: "namespaced", parse: parseIngress }],
  ["IngressClass", { apiVersion: "networking.k8s.io/v1", scope: "cluster", parse: parseIngressClass }],
  ["Service", { apiVersion: "v1", scope: "namespaced", parse: parseService }],
  ["EndpointSlice", { apiVersion: "discovery.k8s.io/v1", scope: "namespaced", parse: parseEndpointSlice }],
  ["Secret", { apiVersion: "v1", scope: "namespaced", parse: parseSecret }],
  ["ConfigMap", { apiVersion: "v1", scope: "namespaced", parse: parseConfigMap }],
  ["Namespace", { apiVersion: "v1", scope: "cluster", parse: parseNamespace }],
]);

/** Versions that clusters have dropped but old manifests still carry. */
const RETIRED = new Set(["extensions/v1beta1", "networking.k8s.io/v1beta1", "discovery.k8s.io/v1beta1"]);
const UNRECOGNISED: ParsedObject = { object: null, closed: null, errors: [], warnings: [], recognised: false };

/**
 * One object from the API server or from a file. Never throws, whatever the JSON. Tolerant: a rule, path, endpoint or entry that
 * cannot be read is dropped alone and named in `errors`. An object is refused whole where leaving a part out could open what the
 * author meant to protect: unreadable labels, annotations, class or TLS section.
 */
export function parseObject(json: unknown): ParsedObject {
  const log: ParseLog = { errors: [], warnings: [] };
  if (!isRecord(json)) {
    reportError(log, "", json, "expected a Kubernetes object with apiVersion and kind");
    return { object: null, closed: null, ...log, recognised: true };
  }
  const kind = ownText(json, "kind");
  const apiVersion = ownText(json, "apiVersion");
  if (kind === "" || apiVersion === "") {
    reportError(log, kind === "" ? "kind" : "apiVersion", "", "expected a Kubernetes object with apiVersion and kind");
    return { object: null, closed: null, ...log, recognised: true };
  }
  const entry = KINDS.get(kind);
  if (entry === undefined || (entry.apiVersion !== apiVersion && !RETIRED.has(apiVersion))) return UNRECOGNISED;
  if (entry.apiVersion !== apiVersion) {
    reportError(
      log,
      "apiVersion",
      apiVersion,
      `no longer served by Kubernetes: convert the object to ${entry.apiVersion}`,
    );
    return { object: null, closed: refusedOf(json, kind), ...log, recognised: true };
  }
  const object = parseKnown({ path: "", values: json, log }, entry);
  return { object, closed: object === null ? refusedOf(json, kind) : null, ...log, recognised: true };
}

function refusedOf(json: Readonly<Record<string, unknown>>, kind: string): Ingress | null {
  return kind === "Ingress" ? parseRefusedIngress(json) : null;
}

function parseNamespace(_object: Fields, meta: ObjectMeta): Namespace {
  return { kind: "Namespace", meta };
}

function parseKnown(object: Fields, entry: KindEntry): KubernetesObject | null {
  const meta = parseMeta(object, entry.scope);
  return meta === null ? null : entry.parse(object, meta);
}

/**
 * The objects of a `List` or of a typed list such as `IngressList`, whose items need not name their kind; null when the value
 * is not a list.
 */
export function listItems(json: unknown): readonly unknown[] | null {
  if (!isRecord(json) || !ownText(json, "kind").endsWith("List")) return null;
  const items: unknown = Object.hasOwn(json, "items") ? json["items"] : null;
  if (!Array.isArray(items)) return null;
  const kind = ownText(json, "kind").slice(0, -"List".length);
  if (kind === "") return items;
  const apiVersion = ownText(json, "apiVersion");
  return items.map((item: unknown) => (isRecord(item) ? { apiVersion, kind, ...item } : item));
}

function ownText(json: Record<string, unknown>, name: string): string {
  const value = Object.hasOwn(json, name) ? json[name] : undefined;
  return typeof value === "string" ? value : "";
}
