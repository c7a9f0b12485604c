import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LAB } from "./addresses.ts";
import { LabApi } from "./api.ts";
import { openBinaries } from "./binaries.ts";
import { makeCertificates, replaceServerAuthority, SERVER_AUTHORITY } from "./certificates.ts";
import { LabProcess } from "./processes.ts";

const READY_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 15_000;
const ETCD = "http://127.0.0.1:2379";

/** etcd, kube-apiserver and kube-controller-manager, as they are, with all their state in `folder`. */
export class ControlPlane {
  readonly folder: string;
  readonly apiserver: LabProcess;
  readonly #etcd: LabProcess;
  readonly #manager: LabProcess;

  constructor(folder: string) {
    const { apiserver, manager, etcd } = openBinaries();
    const pki = join(folder, "pki");
    makeCertificates(pki);
    const file = (name: string): string => join(pki, name);
    const logs = join(folder, "logs");
    this.folder = folder;
    this.#etcd = new LabProcess("etcd", [etcd, ...etcdArgs(join(folder, "etcd"))], logs);
    this.apiserver = new LabProcess("kube-apiserver", [apiserver, ...apiserverArgs(file)], logs);
    this.#manager = new LabProcess("kube-controller-manager", [manager, ...managerArgs(file)], logs);
  }

  get adminKubeconfig(): string {
    return join(this.#pki, "admin.kubeconfig");
  }

  /** The key that tokens of ServiceAccounts are signed with. */
  get signingKey(): string {
    return join(this.#pki, "sa.key");
  }

  get #pki(): string {
    return join(this.folder, "pki");
  }

  /** Resolves when the API server is ready. */
  async start(): Promise<void> {
    this.#etcd.start();
    await this.startApiserver();
    this.#manager.start();
  }

  /** With further flags for this time. Rejects when it is not ready in time. */
  async startApiserver(...flags: readonly string[]): Promise<void> {
    this.apiserver.start(...flags);
    const api = new LabApi(this.adminKubeconfig);
    try {
      await untilReady(api);
    } finally {
      api.close();
    }
  }

  /** Undoes `replaceAuthority`, while nothing runs. */
  restoreAuthority(): void {
    makeCertificates(this.#pki);
  }

  /** The API server comes back with a certificate of another authority, which is then published to every namespace. */
  async replaceAuthority(): Promise<void> {
    await this.#manager.end("SIGKILL", STOP_LIMIT_MS);
    await this.apiserver.end("SIGKILL", STOP_LIMIT_MS);
    replaceServerAuthority(this.#pki);
    await this.startApiserver();
    this.#manager.start();
  }

  /** Forgets every version of every object but the last: watches that go on from an older one get 410. */
  async compact(): Promise<void> {
    const revision = await etcdRevision();
    const answer = await etcdCall("kv/compaction", { revision, physical: true });
    if (!answer.ok) throw new Error(`etcd did not compact: ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    await this.#manager.end("SIGTERM", STOP_LIMIT_MS);
    await this.apiserver.end("SIGTERM", STOP_LIMIT_MS);
    await this.#etcd.end("SIGTERM", STOP_LIMIT_MS);
  }
}

async function untilReady(api: LabApi): Promise<void> {
  const endMs = Date.now() + READY_LIMIT_MS;
  while (Date.now() < endMs) {
    const answer = await api.send("GET", "/readyz").catch(() => null);
    if (answer?.status === 200) return;
    await sleep(200);
  }
  throw new Error("the API server did not become ready; see its log");
}

async function etcdRevision(): Promise<string> {
  const answer = await etcdCall("kv/range", { key: Buffer.from("/").toString("base64"), limit: "1" });
  const { header } = (await answer.json()) as { header: { revision: string } };
  return header.revision;
}

async function etcdCall(path: string, content: unknown): Promise<Response> {
  const body = JSON.stringify(content);
  return await fetch(`${ETCD}/v3/${path}`, { method: "POST", body, signal: AbortSignal.timeout(STOP_LIMIT_MS) });
}

function etcdArgs(data: string): readonly string[] {
  const peer = "http://127.0.0.1:2380";
  return [
    `--data-dir=${data}`,
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiserverArgs(file: (name: string) => string): readonly string[] {
  const audit = file("audit.json");
  if (!existsSync(audit)) writeFileSync(audit, JSON.stringify(AUDIT_POLICY));
  return [
    `--etcd-servers=${ETCD}`,
    `--secure-port=${LAB.apiPort}`,
    "--bind-address=0.0.0.0",
    `--advertise-address=${LAB.server}`,
    `--service-cluster-ip-range=${LAB.serviceRange}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${file("sa.pub")}`,
    `--service-account-signing-key-file=${file("sa.key")}`,
    "--service-account-extend-token-expiration=false",
    `--client-ca-file=${file("ca.crt")}`,
    `--tls-cert-file=${file("apiserver.crt")}`,
    `--tls-private-key-file=${file("apiserver.key")}`,
    "--authorization-mode=Node,RBAC",
    "--allow-privileged",
    "--profiling=false",
    `--audit-policy-file=${audit}`,
    `--audit-log-path=${file("../logs/audit.log")}`,
    "--audit-log-maxsize=200",
  ];
}

/** What ServiceAccounts were refused is in the audit log. */
const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [{ level: "Metadata", userGroups: ["system:serviceaccounts"], omitManagedFields: true }, { level: "None" }],
};

function managerArgs(file: (name: string) => string): readonly string[] {
  const kubeconfig = file("manager.kubeconfig");
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${file("sa.key")}`,
    `--root-ca-file=${file(SERVER_AUTHORITY)}`,
    `--cluster-signing-cert-file=${file("ca.crt")}`,
    `--cluster-signing-key-file=${file("ca.key")}`,
    "--use-service-account-credentials",
    // Nodes have no heartbeat here.
    "--controllers=*,-node-lifecycle-controller,-taint-eviction-controller",
    "--leader-elect=false",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--bind-address=127.0.0.1",
  ];
}
