import { apiVersionOf, FAKE_RESOURCES, type FakeResource } from "./resources.ts";

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];
const GROUP_VERSIONS = [...new Set(FAKE_RESOURCES.map(apiVersionOf))];

/** The documents by which kubectl finds out what the server can do. */
export const DISCOVERY: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["/version", { major: "1", minor: "35", gitVersion: "v1.35.2", platform: "linux/amd64" }],
  ["/api", { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] }],
  [
    "/apis",
    { kind: "APIGroupList", apiVersion: "v1", groups: GROUP_VERSIONS.filter((gv) => gv !== "v1").map(groupEntry) },
  ],
  ["/openapi/v3", { paths: Object.fromEntries(GROUP_VERSIONS.map((gv) => [rootOf(gv).slice(1), openApiEntry(gv)])) }],
  ...GROUP_VERSIONS.map((gv) => [rootOf(gv), resourceList(gv)] as const),
  ...GROUP_VERSIONS.map((gv) => [`/openapi/v3${rootOf(gv)}`, openApi(gv)] as const),
]);

function rootOf(groupVersion: string): string {
  return groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`;
}

function groupEntry(groupVersion: string): unknown {
  const version = { groupVersion, version: "v1" };
  return { name: groupVersion.split("/")[0], versions: [version], preferredVersion: version };
}

function openApiEntry(groupVersion: string): unknown {
  return { serverRelativeURL: `/openapi/v3${rootOf(groupVersion)}` };
}

function resourcesOf(groupVersion: string): readonly FakeResource[] {
  return FAKE_RESOURCES.filter((entry) => apiVersionOf(entry) === groupVersion);
}

function resourceList(groupVersion: string): unknown {
  const resources = resourcesOf(groupVersion).flatMap((entry) => {
    const base = { name: entry.plural, singularName: entry.singular, namespaced: entry.namespaced, kind: entry.kind };
    const status = { ...base, name: `${entry.plural}/status`, verbs: ["get", "patch", "update"] };
    return [{ ...base, verbs: VERBS, shortNames: entry.shortNames }, status];
  });
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
}

/** Only what kubectl looks for: that PATCH takes `fieldValidation`, so that it leaves the validation to the server. */
function openApi(groupVersion: string): unknown {
  const paths = resourcesOf(groupVersion).map((entry) => [
    `${rootOf(groupVersion)}/${entry.namespaced ? "namespaces/{namespace}/" : ""}${entry.plural}/{name}`,
    {
      patch: {
        parameters: [{ name: "fieldValidation", in: "query", schema: { type: "string", uniqueItems: true } }],
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": { group: entry.group, version: "v1", kind: entry.kind },
        responses: {},
      },
    },
  ]);
  return {
    openapi: "3.0.0",
    info: { title: "fake", version: "v1.35.2" },
    paths: Object.fromEntries(paths),
    components: {},
  };
}
