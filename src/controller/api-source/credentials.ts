import type { KubeConfig } from "@kubernetes/client-node";
import { statSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { Agent, type Dispatcher, ProxyAgent } from "undici";

export interface CredentialOptions {
  /** Path of a kubeconfig file; null: in-cluster, else what kubectl would use. */
  readonly kubeconfig: string | null;
  /** Overrides the address of the API server, as ingress-nginx's `--apiserver-host`. */
  readonly apiServerHost: string | null;
}

/** How to speak to the API server right now. */
export interface ApiAccess {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly dispatcher: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
}

/** An exec plugin that hangs must not hang the controller. */
const AUTHENTICATION_LIMIT_MS = 30_000;
const CONNECT_MS = 5_000;
/** A peer that is gone without a word is noticed some seconds after so long a silence. */
const PROBE_AFTER_MS = 10_000;
/** A few watches, and beside them reads by name, of which there may be thousands at the start. */
const CONNECTIONS = 48;

/** TLS material and tokens of the API server; asked before every request, so that rotated tokens and certificates take effect. */
export class Credentials {
  readonly #load: () => Promise<KubeConfig>;
  #config: Promise<KubeConfig> | null = null;
  #dispatcher: { readonly material: string; readonly dispatcher: Dispatcher } | null = null;
  readonly #closing: Promise<void>[] = [];
  /** As they were when they were read last. */
  #files: { readonly paths: readonly string[]; readonly fingerprint: string } | null = null;

  constructor(load: () => Promise<KubeConfig>) {
    this.#load = load;
  }

  /** Rejects when files cannot be read or a plugin fails; the next call tries again. */
  async access(): Promise<ApiAccess> {
    const config = await this.#loaded();
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig names no cluster: check its current-context");
    const options: RequestOptions = { headers: {} };
    const paths = filesOf(config);
    this.#files = { paths, fingerprint: fingerprint(paths) };
    await withLimit(config.applyToHTTPSOptions(options), AUTHENTICATION_LIMIT_MS);
    return {
      baseUrl: withoutEndSlashes(cluster.server),
      dispatcher: this.#dispatcherFor(options, cluster.proxyUrl ?? null),
      headers: authorizationHeaders(options),
    };
  }

  /** True when a file changed since it was read; then everything is read again at the next request. */
  noticeChange(): boolean {
    if (this.#files === null || fingerprint(this.#files.paths) === this.#files.fingerprint) return false;
    this.refresh();
    return true;
  }

  /** After a 401: everything is read again at the next request. */
  refresh(): void {
    this.#config = null;
  }

  async close(): Promise<void> {
    const dispatcher = this.#dispatcher?.dispatcher;
    this.#dispatcher = null;
    await Promise.allSettled([...this.#closing, dispatcher?.destroy()]);
  }

  async #loaded(): Promise<KubeConfig> {
    this.#config ??= this.#load();
    try {
      return await this.#config;
    } catch (error) {
      this.#config = null;
      throw error;
    }
  }

  #dispatcherFor(options: RequestOptions, proxyUrl: string | null): Dispatcher {
    const material = JSON.stringify([proxyUrl, ...Object.values(tlsOptions(options)).map(String)]);
    if (this.#dispatcher?.material === material) return this.#dispatcher.dispatcher;
    // Watches that run on the old credentials end by themselves.
    if (this.#dispatcher !== null) this.#closing.push(this.#dispatcher.dispatcher.close());
    const tls = tlsOptions(options);
    const connect = { ...tls, timeout: CONNECT_MS, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
    const dispatcher =
      proxyUrl === null
        ? new Agent({ connect, connections: CONNECTIONS })
        : new ProxyAgent({ uri: proxyUrl, requestTls: tls, connect: { timeout: CONNECT_MS } });
    this.#dispatcher = { material, dispatcher };
    return dispatcher;
  }
}

export function openCredentials(options: CredentialOptions): Credentials {
  return new Credentials(() => loadConfig(options));
}

async function loadConfig({ kubeconfig, apiServerHost }: CredentialOptions): Promise<KubeConfig> {
  // The library is slow to load, and only who follows an API server needs it: dev mode starts without.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (kubeconfig !== null) config.loadFromFile(kubeconfig);
  else if (process.env["KUBERNETES_SERVICE_HOST"] !== undefined) config.loadFromCluster();
  else if (apiServerHost === null) config.loadFromDefault();
  else
    config.loadFromClusterAndUser(
      { name: "apiserver-host", server: apiServerHost, skipTLSVerify: false },
      { name: "none" },
    );
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null) return config;
  const server = apiServerHost ?? cluster.server;
  // The library refuses plain http unless verification is switched off; there is nothing to verify on it.
  const skipTLSVerify = cluster.skipTLSVerify || server.startsWith("http:");
  const context = config.getContextObject(config.getCurrentContext());
  config.loadFromClusterAndUser({ ...cluster, server, skipTLSVerify }, user ?? { name: "none" });
  const namespace = context?.namespace;
  if (namespace !== undefined) config.contexts = config.contexts.map((entry) => ({ ...entry, namespace }));
  return config;
}

function filesOf(config: KubeConfig): readonly string[] {
  const user = config.getCurrentUser();
  const { tokenFile } = (user?.authProvider?.config ?? {}) as { readonly tokenFile?: string };
  const paths = [config.getCurrentCluster()?.caFile, user?.certFile, user?.keyFile, tokenFile];
  return paths.filter((path) => typeof path === "string");
}

/** Another one after every change, also where a link is set to another file. */
function fingerprint(paths: readonly string[]): string {
  const parts = paths.map((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? "" : `${stat.ino}/${stat.size}/${stat.mtimeMs}`;
  });
  return parts.join(" ");
}

function tlsOptions(options: RequestOptions): Record<string, unknown> {
  const { ca, cert, key, passphrase, rejectUnauthorized, servername } = options;
  const entries = Object.entries({ ca, cert, key, passphrase, rejectUnauthorized, servername });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function authorizationHeaders(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === "string") headers[name.toLowerCase()] = value.trim();
  }
  const basic = options.auth;
  if (typeof basic === "string") headers["authorization"] = `Basic ${Buffer.from(basic).toString("base64")}`;
  return headers;
}

async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`authentication took longer than ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function withoutEndSlashes(url: string): string {
  let end = url.length;
  while (end > 0 && url[end - 1] === "/") end--;
  return url.slice(0, end);
}
