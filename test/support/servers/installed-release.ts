import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ControllerContainer,
  controllerContainer,
  podTemplates,
  type Rendered,
  renderChart,
} from "../builders/chart.ts";
import type { AccessPolicy } from "./fake-api-server/access.ts";
import type { FakeApiServer } from "./fake-api-server/fake-api-server.ts";
import { FAKE_RESOURCES, resourceOfKind } from "./fake-api-server/resources.ts";
import { HeadgateProcess } from "./headgate-process.ts";
import type { IngressNode } from "./ingress-node.ts";

const NAMESPACE = "edge";
const KNOWN_KINDS = new Set(FAKE_RESOURCES.map(({ kind }) => kind));

/**
 * The chart installed on the fake API server, as Helm and the cluster would do it: objects are there, the hooks' jobs ran with their own
 * accounts, and pods run the container's own arguments with what the chart's roles grant.
 */
export class InstalledRelease implements AsyncDisposable {
  readonly container: ControllerContainer;
  /** What the controller's account was refused, and what it never used. */
  readonly access: AccessPolicy;
  readonly #server: FakeApiServer;
  readonly #objects: readonly Rendered[];
  readonly #kubeconfig: string;
  readonly #certificates: string;

  private constructor(server: FakeApiServer, objects: readonly Rendered[], parts: Parts) {
    this.#server = server;
    this.#objects = objects;
    this.container = controllerContainer(objects);
    this.access = parts.access;
    this.#kubeconfig = parts.kubeconfig;
    this.#certificates = parts.certificates;
  }

  /** Installs, up to the point where pods can start. */
  static async install(server: FakeApiServer, values: string, ...more: readonly string[]): Promise<InstalledRelease> {
    const certificates = await mkdtemp(join(tmpdir(), "headgate-webhook-"));
    const files = ["certificate=cert", "key=key"].flatMap((pair) => [
      "--set",
      `controller.admissionWebhooks.${pair.replace("=", `=${certificates}/`)}`,
    ]);
    const objects = await renderChart(values, ...files, ...more);
    const account = podTemplates(objects).get(workloadOf(objects))?.spec.serviceAccountName ?? "";
    const { policy, kubeconfig } = await server.enforceRoles(objects, `${NAMESPACE}/${account}`);
    const release = new InstalledRelease(server, objects, { access: policy, kubeconfig, certificates });
    await release.#runJob("create");
    for (const object of objects) if (isStored(object)) server.put(object);
    await release.#mountCertificate();
    return release;
  }

  /** The last hook: from now on the API server asks the webhook. */
  async finish(): Promise<void> {
    await this.#runJob("patch");
  }

  get webhookName(): string {
    return this.#named("ValidatingWebhookConfiguration");
  }

  /** `namespace/name` of the Service that leads to the webhook. */
  get webhookService(): string {
    const webhook = this.#objects.find(({ kind }) => kind === "ValidatingWebhookConfiguration");
    const [first] = (webhook?.["webhooks"] ?? []) as {
      readonly clientConfig: { readonly service: { readonly name: string } };
    }[];
    return `${NAMESPACE}/${first?.clientConfig.service.name}`;
  }

  /** Name of the pod that leads right now; null while nobody does. */
  leader(): string | null {
    const [lease] = this.#server.log.list(resourceOfKind("Lease"), NAMESPACE);
    const holder = (lease?.["spec"] as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? "";
    return holder === "" ? null : holder.replace(/_[^_]*$/, "");
  }

  /** Runs a pod on a node. */
  async run(pod: string, node: IngressNode): Promise<HeadgateProcess> {
    const { name } = this.container;
    this.#server.put({
      kind: "Pod",
      metadata: { name: pod, namespace: NAMESPACE, labels: this.#podLabels() },
      spec: { nodeName: node.name, containers: [{ name }] },
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
    });
    this.#server.put({
      kind: "Node",
      metadata: { name: node.name },
      status: { addresses: [{ type: "InternalIP", address: node.address }] },
    });
    return node.start(`${NAMESPACE}/${pod}`, [...this.container.args, `--kubeconfig=${this.#kubeconfig}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#certificates, { recursive: true, force: true });
  }

  #podLabels(): Readonly<Record<string, string>> {
    return podTemplates(this.#objects).get(workloadOf(this.#objects))?.metadata.labels ?? {};
  }

  #named(kind: string): string {
    return this.#objects.find((object) => object.kind === kind)?.metadata.name ?? "";
  }

  /** Runs a job of the chart's hooks with what its own account may do. */
  async #runJob(name: string): Promise<void> {
    const [, template] =
      [...podTemplates(this.#objects)].find(([key]) => key.startsWith("Job ") && key.endsWith(name)) ?? [];
    if (template === undefined) throw new Error(`the chart has no job ${name}`);
    const { kubeconfig, policy } = await this.#server.enforceRoles(
      this.#objects,
      `${NAMESPACE}/${template.spec.serviceAccountName}`,
    );
    const [container] = template.spec.containers as unknown as readonly { readonly args: readonly string[] }[];
    const job = await HeadgateProcess.job(NAMESPACE, [...(container?.args ?? []), `--kubeconfig=${kubeconfig}`]);
    if ((await job.exited) !== 0) throw new Error(`job ${name} failed:\n${job.output}`);
    if (policy.refused.length > 0) throw new Error(`job ${name} was refused: ${policy.refused.join("; ")}`);
  }

  /** As kubelet does with a Secret volume. */
  async #mountCertificate(): Promise<void> {
    const secrets = this.#server.log.list(resourceOfKind("Secret"), NAMESPACE);
    const data = (secrets[0]?.["data"] ?? {}) as Readonly<Record<string, string>>;
    for (const name of ["cert", "key"])
      await writeFile(join(this.#certificates, name), Buffer.from(data[name] ?? "", "base64"));
  }
}

interface Parts {
  readonly access: AccessPolicy;
  readonly kubeconfig: string;
  readonly certificates: string;
}

function isStored({ kind, metadata }: Rendered): boolean {
  return KNOWN_KINDS.has(kind) && metadata.annotations?.["helm.sh/hook"] === undefined;
}

/** `Kind name` of what runs the controller. */
function workloadOf(objects: readonly Rendered[]): string {
  const key = [...podTemplates(objects).keys()].find((name) => !name.startsWith("Job "));
  if (key === undefined) throw new Error("the chart has no controller");
  return key;
}
