import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { readFileSync, statSync } from "node:fs";
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from "undici";
import { type ExecCredential, runExecPlugin } from "./exec-credential.ts";
import { type KubeconfigUser, kubeconfigFiles, readKubeconfigUser } from "./kubeconfig-user.ts";
import { type NamedProxy, proxyOfEnvironment } from "./proxy-environment.ts";
import { type OidcConfig, OidcToken } from "./oidc-token.ts";

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
  readonly headers: Readonly<Record<string, string | string[]>>;
}

const CONNECT_MS = 5_000;
/** A peer that is gone without a word is noticed some seconds after so long a silence. */
const PROBE_AFTER_MS = 10_000;
/** A few watches, and beside them reads by name, of which there may be thousands at the start. */
const CONNECTIONS = 48;
/** What a plugin gave is asked for anew so long before it ends. */
const LEEWAY_MS = 10_000;
const PROXY_SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "socks5:"]);

/** One context of a kubeconfig, or the service account of a pod. */
interface Identity {
  readonly cluster: Cluster;
  readonly user: User;
  readonly more: KubeconfigUser;
  readonly oidc: OidcToken | null;
  /** Of the kubeconfig, else of the environment. */
  readonly proxy: NamedProxy | null;
}

interface Tls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

/** TLS material and tokens of the API server; asked before every request, so that rotated tokens and certificates take effect. */
export class Credentials {
  readonly #load: () => Promise<Identity>;
  #identity: Promise<Identity> | null = null;
  #exec: Promise<ExecCredential> | null = null;
  #dispatcher: { readonly material: string; readonly dispatcher: Dispatcher } | null = null;
  readonly #closing: Promise<void>[] = [];
  /** As they were when they were read last. */
  #files: { readonly paths: readonly string[]; readonly fingerprint: string } | null = null;

  constructor(load: () => Promise<Identity>) {
    this.#load = load;
  }

  /** Rejects when files cannot be read or a plugin fails; the next call tries again. */
  async access(): Promise<ApiAccess> {
    const identity = await this.#loaded();
    const { cluster, user, more } = identity;
    if (more.unsupported !== null) {
      throw new Error(`the user ${user.name} of the kubeconfig has ${more.unsupported}`);
    }
    const paths = filesOf(identity);
    this.#files = { paths, fingerprint: fingerprint(paths) };
    const exec = more.exec === null ? null : await this.#execCredential(identity);
    const token = await tokenOf(identity, exec);
    return {
      baseUrl: withoutEndSlashes(cluster.server),
      dispatcher: this.#dispatcherFor(tlsOf(identity, exec), identity.proxy),
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...Object.fromEntries(Object.entries(more.impersonation).map(([name, value]) => [name, mutable(value)])),
      },
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
    this.#identity = null;
    this.#exec = null;
  }

  async close(): Promise<void> {
    const dispatcher = this.#dispatcher?.dispatcher;
    this.#dispatcher = null;
    await Promise.allSettled([...this.#closing, dispatcher?.destroy()]);
  }

  async #loaded(): Promise<Identity> {
    this.#identity ??= this.#load();
    try {
      return await this.#identity;
    } catch (error) {
      this.#identity = null;
      throw error;
    }
  }

  /** One run of the plugin for all who wait for it. */
  async #execCredential({ cluster, more }: Identity): Promise<ExecCredential | null> {
    if (more.exec === null) return null;
    const running = (this.#exec ??= runExecPlugin(more.exec, clusterInfo(cluster)));
    try {
      const credential = await running;
      if (credential.expiresAtMs - LEEWAY_MS <= Date.now()) this.#forget(running);
      return credential;
    } catch (error) {
      this.#forget(running);
      throw error;
    }
  }

  #forget(running: Promise<ExecCredential>): void {
    if (this.#exec === running) this.#exec = null;
  }

  #dispatcherFor(tls: Tls, proxy: NamedProxy | null): Dispatcher {
    const material = JSON.stringify([proxy?.url, ...Object.entries(tls).map(([name, value]) => `${name} ${value}`)]);
    if (this.#dispatcher?.material === material) return this.#dispatcher.dispatcher;
    // Watches that run on the old credentials end by themselves.
    if (this.#dispatcher !== null) this.#closing.push(this.#dispatcher.dispatcher.close());
    const dispatcher = proxy === null ? directAgent(tls) : proxyAgent(tls, proxy);
    this.#dispatcher = { material, dispatcher };
    return dispatcher;
  }
}

export function openCredentials(options: CredentialOptions): Credentials {
  // A refresh token that was replaced by its issuer is known here only.
  const sessions = new Map<string, OidcToken>();
  return new Credentials(() => loadIdentity(options, sessions));
}

async function loadIdentity(
  { kubeconfig, apiServerHost }: CredentialOptions,
  sessions: Map<string, OidcToken>,
): Promise<Identity> {
  // The library is slow to load, and only who follows an API server needs it: dev mode starts without.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const files = loadInto(config, kubeconfig, apiServerHost);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error("the kubeconfig names no cluster: check its current-context");
  const user = config.getCurrentUser() ?? { name: "none" };
  const oidc = user.authProvider?.name === "oidc" ? (user.authProvider.config as OidcConfig | undefined) : undefined;
  const server = apiServerHost ?? cluster.server;
  return {
    cluster: { ...cluster, server },
    user,
    proxy: proxyOf(cluster, server),
    more: readKubeconfigUser(files, user.name),
    oidc: oidc === undefined ? null : oidcSession(oidc, sessions),
  };
}

function proxyOf({ proxyUrl }: Cluster, server: string): NamedProxy | null {
  if (proxyUrl === undefined || proxyUrl === "") return proxyOfEnvironment(server, process.env);
  return { url: proxyUrl, namedBy: "the kubeconfig's proxy-url" };
}

/** The session of these words of a kubeconfig; one that was loaded before was refused since. */
function oidcSession(config: OidcConfig, sessions: Map<string, OidcToken>): OidcToken {
  const id = JSON.stringify(config);
  const known = sessions.get(id);
  known?.distrust();
  const session = known ?? new OidcToken(config, (url) => proxyOfEnvironment(url, process.env));
  sessions.set(id, session);
  return session;
}

/** Brings back the kubeconfig files that were read; none in a pod. */
function loadInto(config: KubeConfig, kubeconfig: string | null, apiServerHost: string | null): readonly string[] {
  if (kubeconfig !== null) {
    config.loadFromFile(kubeconfig);
    return kubeconfigFiles(kubeconfig);
  }
  if (process.env["KUBERNETES_SERVICE_HOST"] !== undefined) {
    config.loadFromCluster();
    return [];
  }
  if (apiServerHost !== null) {
    config.loadFromClusterAndUser(
      { name: "apiserver-host", server: apiServerHost, skipTLSVerify: false },
      { name: "none" },
    );
    return [];
  }
  config.loadFromDefault();
  return kubeconfigFiles(null);
}

/** As kubectl: what is read from a file goes before what is written in the kubeconfig, and that before what has to be asked for. */
async function tokenOf({ user, more, oidc }: Identity, exec: ExecCredential | null): Promise<string | null> {
  const path = tokenPath(user, more);
  if (path !== null) return readFileSync(path, "utf8").trim();
  if (typeof user.token === "string" && user.token !== "") return user.token;
  if (exec !== null) return exec.token;
  return oidc === null ? null : await oidc.current(Date.now());
}

/** Of a service account the library says it in the form of an auth-provider. */
function tokenPath({ authProvider }: User, { tokenFile }: KubeconfigUser): string | null {
  if (tokenFile !== null) return tokenFile;
  const config: unknown = authProvider?.config;
  const path = typeof config === "object" && config !== null && "tokenFile" in config ? config.tokenFile : null;
  return typeof path === "string" ? path : null;
}

function tlsOf({ cluster, user }: Identity, exec: ExecCredential | null): Tls {
  const ca = fileOrData(cluster.caFile, cluster.caData);
  const cert = fileOrData(user.certFile, user.certData) ?? exec?.certificate;
  const key = fileOrData(user.keyFile, user.keyData) ?? exec?.key;
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null || cert === undefined ? {} : { cert }),
    ...(key === null || key === undefined ? {} : { key }),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
  };
}

/** Data goes before a file, as with kubectl. */
function fileOrData(path: string | null | undefined, data: string | null | undefined): Buffer | null {
  if (typeof data === "string" && data !== "") return Buffer.from(data, "base64");
  return typeof path === "string" && path !== "" ? readFileSync(path) : null;
}

function directAgent(tls: Tls): Agent {
  const open = buildConnector({ ...tls, timeout: CONNECT_MS, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS });
  const { servername } = tls;
  // undici names the host of the URL otherwise, whatever the options say.
  const connect: buildConnector.connector = (options, callback) => {
    open(servername === undefined ? options : { ...options, servername }, callback);
  };
  return new Agent({ connect, connections: CONNECTIONS });
}

function proxyAgent(tls: Tls, { url, namedBy }: NamedProxy): ProxyAgent {
  const scheme = URL.parse(url)?.protocol ?? "";
  if (!PROXY_SCHEMES.has(scheme)) {
    throw new Error(`${namedBy} is of a kind that is not supported: ${scheme} (http, https or socks5)`);
  }
  return new ProxyAgent({ uri: url, requestTls: tls, connect: { timeout: CONNECT_MS } });
}

/** What a plugin may know about the cluster, under kubectl's names. */
function clusterInfo(cluster: Cluster): object {
  const ca = fileOrData(cluster.caFile, cluster.caData);
  return {
    server: cluster.server,
    "tls-server-name": cluster.tlsServerName,
    "insecure-skip-tls-verify": cluster.skipTLSVerify ? true : undefined,
    "certificate-authority-data": ca?.toString("base64"),
    "proxy-url": cluster.proxyUrl,
  };
}

function filesOf({ cluster, user, more }: Identity): readonly string[] {
  const paths = [cluster.caFile, user.certFile, user.keyFile, tokenPath(user, more)];
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

function mutable(value: string | readonly string[]): string | string[] {
  return typeof value === "string" ? value : [...value];
}

function withoutEndSlashes(url: string): string {
  let end = url.length;
  while (end > 0 && url[end - 1] === "/") end--;
  return url.slice(0, end);
}
