import { expect, onTestFinished, test } from "vitest";
import { FakeApiServer } from "../../support/servers/fake-api-server/fake-api-server.ts";
import { kubectl } from "../../support/servers/kubectl.ts";

const SUBJECTS = [{ kind: "ServiceAccount", name: "headgate", namespace: "ingress" }];

const MANIFESTS = [
  { kind: "ServiceAccount", metadata: { name: "headgate", namespace: "ingress" } },
  {
    kind: "ClusterRole",
    metadata: { name: "headgate" },
    rules: [{ apiGroups: [""], resources: ["services"], verbs: ["list", "watch"] }],
  },
  {
    kind: "ClusterRoleBinding",
    metadata: { name: "headgate" },
    roleRef: { kind: "ClusterRole", name: "headgate" },
    subjects: SUBJECTS,
  },
  {
    kind: "Role",
    metadata: { name: "headgate", namespace: "ingress" },
    rules: [
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["web-tls"], verbs: ["get", "watch"] },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
    ],
  },
  {
    kind: "RoleBinding",
    metadata: { name: "headgate", namespace: "ingress" },
    roleRef: { kind: "Role", name: "headgate" },
    subjects: SUBJECTS,
  },
];

async function anEnforcingServer() {
  const server = await FakeApiServer.open();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.put({ kind: "Service", metadata: { name: "web", namespace: "shop" } });
  const { policy, token } = await server.enforceRoles(MANIFESTS, "ingress/headgate");
  const status = async (path: string, init: RequestInit = {}): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(server.url + path, { ...init, headers });
    await response.body?.cancel();
    return response.status;
  };
  return { server, policy, status };
}

test.each([
  ["what a ClusterRole grants, in every namespace", "/api/v1/services", 200],
  ["what a ClusterRole grants, in one namespace", "/api/v1/namespaces/shop/services", 200],
  ["no verb that is not granted", "/api/v1/namespaces/shop/services/web", 403],
  ["no other resource", "/api/v1/namespaces/shop/configmaps", 403],
  ["no subresource without its own grant", "/api/v1/namespaces/shop/services/web/status", 403],
  ["a named object", "/api/v1/namespaces/ingress/secrets/web-tls", 404],
  ["no object of another name", "/api/v1/namespaces/ingress/secrets/other", 403],
  ["no object of that name elsewhere", "/api/v1/namespaces/shop/secrets/web-tls", 403],
  ["no list for a grant by name", "/api/v1/namespaces/ingress/secrets", 403],
])("an enforced role allows %s", async (_what, path, expected) => {
  const { status } = await anEnforcingServer();
  expect(await status(path)).toBe(expected);
});

test("an enforced role tells what it refused and which grants were never used", async () => {
  const { policy, status } = await anEnforcingServer();
  const lease = JSON.stringify({ metadata: { name: "leader" } });
  await status("/apis/coordination.k8s.io/v1/namespaces/ingress/leases", { method: "POST", body: lease });
  await status("/api/v1/services");
  await status("/api/v1/nodes");
  expect(policy.refused).toEqual([
    'nodes is forbidden: User "system:serviceaccount:ingress:headgate" cannot list resource "nodes" in API group "" at the cluster scope',
  ]);
  expect(policy.unused()).toEqual([
    "ClusterRole headgate: watch services",
    "Role headgate in ingress: get secrets web-tls",
    "Role headgate in ingress: watch secrets web-tls",
  ]);
});

test("kubectl stays an administrator beside an account with enforced roles", async () => {
  const { server } = await anEnforcingServer();
  const { code, stdout } = await kubectl(server.kubeconfig, ["get", "service", "web", "-n", "shop", "-o", "name"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "service/web\n" });
});
