import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LabApi } from "../api.ts";
import type { Item, Pod, ProjectedSource, Volume } from "./pod.ts";
import type { PodToken } from "./pod-token.ts";

type Files = ReadonlyMap<string, Buffer>;

/** What the volumes of a pod hold, each in a folder of its name, kept as its Secrets, ConfigMaps and tokens are now. */
export class PodVolumes {
  readonly #api: LabApi;
  readonly #pod: Pod;
  readonly #folder: string;
  readonly #token: PodToken;
  /** By volume. */
  readonly #written = new Map<string, string>();
  #round = 0;

  constructor(api: LabApi, pod: Pod, { folder, token }: { readonly folder: string; readonly token: PodToken }) {
    this.#api = api;
    this.#pod = pod;
    this.#folder = folder;
    this.#token = token;
  }

  /** Writes what changed. False while a Secret or ConfigMap does not exist that is needed: a kubelet leaves the pod waiting then. */
  async sync(): Promise<boolean> {
    for (const volume of this.#pod.spec.volumes ?? []) {
      const files = await this.#filesOf(volume);
      if (files === null) return false;
      const content = JSON.stringify([...files].map(([path, bytes]) => [path, bytes.toString("base64")]));
      if (this.#written.get(volume.name) === content) continue;
      replaceFiles(join(this.#folder, volume.name), `..${++this.#round}`, files);
      this.#written.set(volume.name, content);
    }
    return true;
  }

  async #filesOf({ secret, configMap, projected }: Volume): Promise<Files | null> {
    const { namespace } = this.#pod.metadata;
    if (secret !== undefined) {
      const path = `/api/v1/namespaces/${namespace}/secrets/${secret.secretName}`;
      return await objectFiles(this.#api, { path, encoding: "base64", ...secret });
    }
    if (configMap !== undefined) return await this.#configMapFiles(configMap);
    const files = new Map<string, Buffer>();
    for (const source of projected?.sources ?? []) {
      const found = await this.#projectedFiles(source);
      if (found === null) return null;
      for (const [path, content] of found) files.set(path, content);
    }
    return files;
  }

  async #projectedFiles(source: ProjectedSource): Promise<Files | null> {
    if (source.serviceAccountToken !== undefined) {
      const { path, expirationSeconds } = source.serviceAccountToken;
      return new Map([[path, Buffer.from(await this.#token.current(expirationSeconds))]]);
    }
    if (source.configMap !== undefined) return await this.#configMapFiles(source.configMap);
    const { name, namespace } = this.#pod.metadata;
    const items = source.downwardAPI?.items ?? [];
    return new Map(items.map(({ path }) => [path, Buffer.from(path === "namespace" ? namespace : name)]));
  }

  async #configMapFiles(source: NonNullable<Volume["configMap"]>): Promise<Files | null> {
    const path = `/api/v1/namespaces/${this.#pod.metadata.namespace}/configmaps/${source.name}`;
    return await objectFiles(this.#api, { path, encoding: "utf8", ...source });
  }
}

/** As a kubelet: a folder for this state, a link `..data` that is set to it at once, and links to the files behind that link. */
function replaceFiles(folder: string, state: string, files: Files): void {
  mkdirSync(join(folder, state), { recursive: true });
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, state, path)), { recursive: true });
    writeFileSync(join(folder, state, path), content);
  }
  symlinkSync(state, join(folder, "..next"));
  renameSync(join(folder, "..next"), join(folder, "..data"));
  for (const path of files.keys()) {
    const [name = ""] = path.split("/");
    rmSync(join(folder, name), { force: true });
    symlinkSync(join("..data", name), join(folder, name));
  }
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
