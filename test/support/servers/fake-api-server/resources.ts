/** A resource that the fake server knows. */
export interface FakeResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
}

const NETWORKING = "networking.k8s.io";
const ADMISSION = "admissionregistration.k8s.io";
const RBAC = "rbac.authorization.k8s.io";

export const FAKE_RESOURCES: readonly FakeResource[] = [
  resource(NETWORKING, "Ingress", "ingresses", ["ing"]),
  { ...resource(NETWORKING, "IngressClass", "ingressclasses"), namespaced: false },
  resource("", "Service", "services", ["svc"]),
  resource("discovery.k8s.io", "EndpointSlice", "endpointslices"),
  resource("", "Secret", "secrets"),
  resource("", "ConfigMap", "configmaps", ["cm"]),
  { ...resource("", "Namespace", "namespaces", ["ns"]), namespaced: false },
  resource("apps", "Deployment", "deployments", ["deploy"]),
  resource("apps", "DaemonSet", "daemonsets", ["ds"]),
  resource("", "Pod", "pods", ["po"]),
  { ...resource("", "Node", "nodes", ["no"]), namespaced: false },
  resource("", "Event", "events", ["ev"]),
  resource("", "ServiceAccount", "serviceaccounts", ["sa"]),
  resource("coordination.k8s.io", "Lease", "leases"),
  { ...resource(ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations"), namespaced: false },
  { ...resource(ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"), namespaced: false },
  resource(RBAC, "Role", "roles"),
  resource(RBAC, "RoleBinding", "rolebindings"),
  { ...resource(RBAC, "ClusterRole", "clusterroles"), namespaced: false },
  { ...resource(RBAC, "ClusterRoleBinding", "clusterrolebindings"), namespaced: false },
];

function resource(group: string, kind: string, plural: string, shortNames: readonly string[] = []): FakeResource {
  return { group, plural, singular: kind.toLowerCase(), kind, namespaced: true, shortNames };
}

export function apiVersionOf(entry: FakeResource): string {
  return entry.group === "" ? "v1" : `${entry.group}/v1`;
}

/** `ingresses.networking.k8s.io`, as messages name it. */
export function qualifiedName({ group, plural }: FakeResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

export function resourceOfKind(kind: string): FakeResource {
  const found = FAKE_RESOURCES.find((entry) => entry.kind === kind);
  if (found === undefined) throw new Error(`the fake API server knows no ${kind}`);
  return found;
}

/** What a request path points at. */
export interface ApiPath {
  readonly resource: FakeResource;
  /** Empty: all namespaces, or cluster-scoped. */
  readonly namespace: string;
  /** Empty: the collection. */
  readonly name: string;
  readonly subresource: string;
}

/** `/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web/status` and its shorter forms; null for anything else. */
export function parseApiPath(path: string): ApiPath | null {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const group = parts[0] === "api" ? "" : parts[1];
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  const version = parts[parts[0] === "api" ? 1 : 2];
  if (group === undefined || version !== "v1") return null;
  const namespaced = rest[0] === "namespaces" && rest.length > 2;
  const namespace = namespaced ? (rest[1] ?? "") : "";
  const [plural = "", name = "", subresource = ""] = namespaced ? rest.slice(2) : rest;
  const found = FAKE_RESOURCES.find((entry) => entry.group === group && entry.plural === plural);
  return found === undefined ? null : { resource: found, namespace, name, subresource };
}
