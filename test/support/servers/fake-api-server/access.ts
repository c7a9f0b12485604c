import type { ApiPath } from "./resources.ts";

export type ApiVerb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** What a request asks for, as the API server's authoriser sees it. */
export interface AccessRequest {
  readonly verb: ApiVerb;
  /** Empty for the core group. */
  readonly group: string;
  /** With its subresource: `ingresses/status`. */
  readonly resource: string;
  /** Empty: cluster-wide. */
  readonly namespace: string;
  /** Empty for lists, watches without `metadata.name` and creations. */
  readonly name: string;
}

/** One thing that a rule of a bound role grants. */
interface Grant extends Omit<AccessRequest, "verb"> {
  /** `Role ingress/headgate` and what it grants, for messages. */
  readonly text: string;
  readonly verb: string;
}

/**
 * What Roles and ClusterRoles grant to one service account by their bindings: the API server's RBAC, with a memory of what was
 * refused and of what was never used.
 */
export class AccessPolicy {
  readonly #grants: readonly Grant[];
  readonly #used = new Set<Grant>();
  readonly #user: string;
  /** Messages of every 403, in order. */
  readonly refused: string[] = [];

  /** `manifests` may hold anything; only RBAC objects count. `account` is `namespace/name`. */
  constructor(manifests: readonly unknown[], account: string) {
    const [namespace = "", name = ""] = account.split("/");
    this.#user = `system:serviceaccount:${namespace}:${name}`;
    this.#grants = grantsOf(manifests.filter(isManifest), { namespace, name });
  }

  /** Null when it is allowed, and counted as used; else the message of the 403. */
  judge(request: AccessRequest): string | null {
    const granting = this.#grants.filter((grant) => covers(grant, request));
    for (const grant of granting) this.#used.add(grant);
    if (granting.length > 0) return null;
    const message = this.#refusal(request);
    this.refused.push(message);
    return message;
  }

  /** Grants that no request needed so far, one line each. */
  unused(): readonly string[] {
    return this.#grants.filter((grant) => !this.#used.has(grant)).map((grant) => grant.text);
  }

  #refusal({ verb, group, resource, namespace, name }: AccessRequest): string {
    const [plural = ""] = resource.split("/");
    const what = `${group === "" ? plural : `${plural}.${group}`}${name === "" ? "" : ` "${name}"`}`;
    const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
    return `${what} is forbidden: User "${this.#user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  }
}

/** The name that a list or watch is limited to by `fieldSelector=metadata.name=…` counts for the authoriser as well. */
export function accessRequest(method: string, path: ApiPath, query: URLSearchParams): AccessRequest {
  const { resource, namespace, subresource } = path;
  const selected = /(?:^|,)metadata\.name=([^,]+)/.exec(query.get("fieldSelector") ?? "")?.[1] ?? "";
  const watch = query.get("watch");
  const verb = verbOf(method, path.name, watch === "1" || watch === "true");
  return {
    verb,
    group: resource.group,
    resource: subresource === "" ? resource.plural : `${resource.plural}/${subresource}`,
    namespace,
    name: path.name === "" ? selected : path.name,
  };
}

function verbOf(method: string, name: string, watch: boolean): ApiVerb {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      return name !== "" ? "get" : watch ? "watch" : "list";
  }
}

function covers(grant: Grant, request: AccessRequest): boolean {
  return (
    matches(grant.verb, request.verb) &&
    matches(grant.group, request.group) &&
    matches(grant.resource, request.resource) &&
    (grant.namespace === "" || grant.namespace === request.namespace) &&
    (grant.name === "" || grant.name === request.name)
  );
}

function matches(granted: string, asked: string): boolean {
  return granted === "*" || granted === asked;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[] | null;
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Account {
  readonly namespace: string;
  readonly name: string;
}

function grantsOf(manifests: readonly Manifest[], account: Account): readonly Grant[] {
  return manifests
    .filter((manifest) => manifest.kind === "RoleBinding" || manifest.kind === "ClusterRoleBinding")
    .filter((binding) => binds(binding, account))
    .flatMap((binding) => {
      const everywhere = binding.kind === "ClusterRoleBinding";
      const namespace = everywhere ? "" : (binding.metadata.namespace ?? "default");
      const role = manifests.find((manifest) => isRoleOf(manifest, binding, namespace));
      if (role === undefined)
        throw new Error(`${binding.kind} ${binding.metadata.name} refers to no role that is here`);
      return (role.rules ?? []).flatMap((rule) => ruleGrants(role, rule, namespace));
    });
}

function binds(binding: Manifest, account: Account): boolean {
  return (binding.subjects ?? []).some(
    ({ kind, name, namespace }) =>
      kind === "ServiceAccount" &&
      name === account.name &&
      (namespace ?? binding.metadata.namespace) === account.namespace,
  );
}

function isRoleOf(manifest: Manifest, binding: Manifest, namespace: string): boolean {
  const { roleRef } = binding;
  if (manifest.kind !== roleRef?.kind || manifest.metadata.name !== roleRef.name) return false;
  return manifest.kind === "ClusterRole" || (manifest.metadata.namespace ?? "default") === namespace;
}

function ruleGrants(role: Manifest, rule: Rule, namespace: string): readonly Grant[] {
  const names = rule.resourceNames === undefined || rule.resourceNames.length === 0 ? [""] : rule.resourceNames;
  return (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) =>
        names.map((name) => {
          const where = `${role.kind} ${role.metadata.name}${namespace === "" ? "" : ` in ${namespace}`}`;
          const what = `${verb} ${resource}${group === "" ? "" : `.${group}`}${name === "" ? "" : ` ${name}`}`;
          return { verb, group, resource, namespace, name, text: `${where}: ${what}` };
        }),
      ),
    ),
  );
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("metadata" in value)) return false;
  const { metadata } = value;
  return typeof metadata === "object" && metadata !== null && "name" in metadata;
}
