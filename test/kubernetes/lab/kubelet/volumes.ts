import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LabApi } from "../api.ts";
import type { Item, Pod, ProjectedSource, Volume } from "./pod.ts";

const TOKEN_SECONDS = 3_600;

/**
 * Writes what the volumes of a pod hold below `folder`, each into a folder of its name. False while a Secret or ConfigMap that one of them
 * needs does not exist: a kubelet leaves the pod waiting then.
 */
export async function writeVolumes(api: LabApi, pod: Pod, folder: string): Promise<boolean> {
  for (const volume of pod.spec.volumes ?? []) {
    const files = await filesOf(api, pod, volume);
    if (files === null) return false;
    const own = join(folder, volume.name);
    mkdirSync(own, { recursive: true });
    for (const [path, content] of files) {
      mkdirSync(dirname(join(own, path)), { recursive: true });
      writeFileSync(join(own, path), content);
    }
  }
  return true;
}

type Files = ReadonlyMap<string, Buffer>;

async function filesOf(api: LabApi, pod: Pod, { secret, configMap, projected }: Volume): Promise<Files | null> {
  const { namespace } = pod.metadata;
  if (secret !== undefined)
    return await objectFiles(api, {
      path: `/api/v1/namespaces/${namespace}/secrets/${secret.secretName}`,
      encoding: "base64",
      ...secret,
    });
  if (configMap !== undefined)
    return await objectFiles(api, {
      path: `/api/v1/namespaces/${namespace}/configmaps/${configMap.name}`,
      encoding: "utf8",
      ...configMap,
    });
  const files = new Map<string, Buffer>();
  for (const source of projected?.sources ?? []) {
    const found = await projectedFiles(api, pod, source);
    if (found === null) return null;
    for (const [path, content] of found) files.set(path, content);
  }
  return files;
}

interface ObjectFiles {
  readonly path: string;
  readonly encoding: BufferEncoding;
  readonly items?: readonly Item[];
  readonly optional?: boolean;
}

async function objectFiles(api: LabApi, { path, encoding, items, optional }: ObjectFiles): Promise<Files | null> {
  const object = await api.get<{ data?: Readonly<Record<string, string>> }>(path);
  if (object === null) return optional === true ? new Map() : null;
  const data = object.data ?? {};
  const chosen = items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return new Map(chosen.map((item) => [item.path, Buffer.from(data[item.key] ?? "", encoding)]));
}

async function projectedFiles(api: LabApi, pod: Pod, source: ProjectedSource): Promise<Files | null> {
  const { namespace } = pod.metadata;
  if (source.serviceAccountToken !== undefined) {
    const { path, expirationSeconds = TOKEN_SECONDS } = source.serviceAccountToken;
    return new Map([[path, Buffer.from(await requestToken(api, pod, expirationSeconds))]]);
  }
  if (source.configMap !== undefined) {
    return await objectFiles(api, {
      path: `/api/v1/namespaces/${namespace}/configmaps/${source.configMap.name}`,
      encoding: "utf8",
      ...source.configMap,
    });
  }
  const items = source.downwardAPI?.items ?? [];
  return new Map(items.map(({ path }) => [path, Buffer.from(path === "namespace" ? namespace : pod.metadata.name)]));
}

/** A token of the pod's ServiceAccount, bound to the pod, as its kubelet would ask for it. */
async function requestToken(api: LabApi, { metadata, spec }: Pod, expirationSeconds: number): Promise<string> {
  const account = spec.serviceAccountName ?? "default";
  const path = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${account}/token`;
  const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: metadata.name, uid: metadata.uid };
  const { status, body } = await api.send("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: Math.max(600, expirationSeconds), audiences: [], boundObjectRef },
  });
  if (status !== 201) throw new Error(`no token for ${metadata.namespace}/${account}: ${status} ${body}`);
  return (JSON.parse(body) as { status: { token: string } }).status.token;
}
