import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractBinary } from "../support/servers/kubectl-layer.ts";
import { LAB } from "./lab/addresses.ts";

const CHART = join(import.meta.dirname, "../../charts/headgate");
const RUN_LIMIT_MS = 120_000;
const LOOK_MS = 100;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl as the administrator of the lab; `input` goes to its standard input. */
export async function kubectl(args: string | readonly string[], input = ""): Promise<Output> {
  return await execute(
    await extractBinary("kubectl/kubectl"),
    typeof args === "string" ? args.split(" ") : args,
    input,
  );
}

/** What kubectl printed; rejects with its words when it failed. */
export async function kube(args: string | readonly string[], input = ""): Promise<string> {
  return succeeded(await kubectl(args, input));
}

/** `kubectl edit` of one object, by an editor that carries out these commands of sed. Rejects with kubectl's words when it failed. */
export async function edit(namespace: string, object: string, commands: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-edit-"));
  try {
    const editor = join(folder, "editor");
    await writeFile(join(folder, "commands"), `${commands.join("\n")}\n`);
    await writeFile(editor, `#!/bin/sh\nexec sed -i -f ${join(folder, "commands")} "$1"\n`, { mode: 0o755 });
    const args = ["edit", object, "--namespace", namespace];
    const env = { ...process.env, EDITOR: editor };
    return succeeded(await execute(await extractBinary("kubectl/kubectl"), args, "", env));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function apply(...objects: readonly object[]): Promise<string> {
  return await kube("apply -f -", manifest(objects));
}

export function manifest(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}

/** Installs, upgrades or removes with the real Helm, which waits until everything is ready. */
export async function helm(...args: readonly string[]): Promise<string> {
  return succeeded(await execute(await extractBinary("helm/helm"), args, ""));
}

export async function installChart(release: string, namespace: string, ...more: readonly string[]): Promise<void> {
  await helm(
    "install",
    release,
    CHART,
    "--namespace",
    namespace,
    "--create-namespace",
    "--wait",
    "--timeout",
    "90s",
    ...more,
  );
  await untilWebhookAnswers(namespace);
}

export async function upgradeChart(release: string, namespace: string, ...more: readonly string[]): Promise<void> {
  await helm("upgrade", release, CHART, "--namespace", namespace, "--wait", "--timeout", "90s", ...more);
  await untilWebhookAnswers(namespace);
}

/**
 * A pod is ready before the EndpointSlice says so, and before the Service's address leads to it: in between, the API server cannot ask the
 * webhook, here as in every cluster. A dry run on the server asks it and leaves nothing behind.
 */
async function untilWebhookAnswers(namespace: string): Promise<void> {
  const probe = ["create", "ingress", "webhook-probe", "--class=nginx", "--rule=probe.test/=probe:80"];
  await until("the webhook to answer", async () => {
    const { stderr } = await kubectl([...probe, "--dry-run=server", "--namespace", namespace]);
    return stderr.includes("failed calling webhook") ? null : true;
  });
}

/** Removes a release and everything that the story made in these namespaces. */
export async function removeAll(release: string, ...namespaces: readonly string[]): Promise<void> {
  await execute(
    await extractBinary("helm/helm"),
    ["uninstall", release, "--namespace", namespaces[0] ?? "", "--wait"],
    "",
  );
  // The namespace controller comes back late to a namespace in which a pod still ends.
  for (const namespace of namespaces) {
    await kubectl(["delete", "deployments,daemonsets", "--all", "--namespace", namespace, "--wait=false"]);
    await kubectl(["wait", "--for=delete", "pod", "--all", "--namespace", namespace, "--timeout=60s"]);
  }
  await kubectl(["delete", "namespace", "--ignore-not-found", "--timeout=90s", ...namespaces]);
}

/** The address that the lab's cloud gave a Service of type LoadBalancer. */
export async function balancerAddress(namespace: string, service: string): Promise<string> {
  const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
  return await until(`an address of ${namespace}/${service}`, async () => {
    return (await kube(["get", "service", service, "--namespace", namespace, "--output", path])) || null;
  });
}

/** What `look` gives as soon as it is not null, every 100 ms by default; rejects after `limitMs`, a minute by default, with the last error if there was one. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null>,
  limitMs = 60_000,
  lookMs = LOOK_MS,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  let last: unknown = "it never came";
  while (Date.now() < endMs) {
    try {
      const found = await look();
      if (found !== null) return found;
    } catch (error) {
      last = error;
    }
    await sleep(lookMs);
  }
  throw new Error(`waited ${limitMs} ms for ${what}: ${String(last)}`);
}

/** Orders the lab to do something to its API server, such as `apiserver/kill`; flags for `apiserver/start`. */
export async function order(path: string, ...args: readonly string[]): Promise<void> {
  const url = `http://${LAB.server}:${LAB.controlPort}/${path}`;
  const answer = await fetch(url, { method: "POST", body: args.join("\n"), signal: AbortSignal.timeout(RUN_LIMIT_MS) });
  if (answer.status !== 204) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** A namespace `name` with an application behind a Service, `replicas` pods that answer with their names. */
export function application(namespace: string, name: string, replicas = 2): readonly object[] {
  const metadata = { name, namespace };
  const container = {
    name,
    image: "headgate.test/echo",
    env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { port: 8080 } },
  };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } };
  const selector = { matchLabels: { app: name } };
  const ports = [{ port: 80, targetPort: 8080 }];
  return [
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas, selector, template } },
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: name }, ports } },
  ];
}

export interface IngressParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly tlsSecret?: string;
}

/** An Ingress of class nginx for one host, to the Service of the same namespace. */
export function ingress(
  namespace: string,
  name: string,
  host: string,
  parts: IngressParts & { readonly service: string },
): object {
  const { annotations = {}, path = "/", tlsSecret, service } = parts;
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace, annotations },
    spec: {
      ingressClassName: "nginx",
      ...(tlsSecret === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecret }] }),
      rules: [{ host, http: { paths: [{ path, pathType: "Prefix", backend }] } }],
    },
  };
}

function succeeded({ code, stdout, stderr }: Output): string {
  if (code !== 0) throw new Error(stderr || stdout);
  return stdout;
}

async function execute(
  program: string,
  args: readonly string[],
  input: string,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<Output> {
  return await new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { timeout: RUN_LIMIT_MS, maxBuffer: 64 << 20, env },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
