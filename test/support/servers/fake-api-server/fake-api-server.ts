import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessPolicy, type AccessRequest, accessRequest } from "./access.ts";
import { reviewWrite } from "./admission.ts";
import { readBody, sendJson, sendStatus } from "./answers.ts";
import { DISCOVERY } from "./discovery.ts";
import { answerWithFault, type Fault, FaultPlan, writeDamaged } from "./faults.ts";
import { type FakeObject, ObjectLog } from "./object-log.ts";
import { ListPages } from "./list-pages.ts";
import { type ApiPath, apiVersionOf, parseApiPath, qualifiedName, resourceOfKind } from "./resources.ts";
import { fieldTest, labelTest, type ObjectTest } from "./selectors.ts";
import { Watches } from "./watches.ts";
import { commitWrite, prepareWrite } from "./writes.ts";

/** One request, for tests that count. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly userAgent: string;
  readonly accept: string;
  /** Version of the database when it came. */
  readonly version: number;
}

/** A Kubernetes API server over real HTTP: enough for a controller and for kubectl, with faults on demand. */
export class FakeApiServer implements AsyncDisposable {
  readonly log = new ObjectLog();
  readonly faults = new FaultPlan();
  readonly watches = new Watches(this.log);
  readonly pages = new ListPages();
  readonly requests: SeenRequest[] = [];
  /** How the server says that a watch asks for too old a version. */
  goneAs: "status" | "event" = "event";
  /** When set, requests must carry exactly this. */
  token: string | null = null;
  /** Tokens whose requests are reset without an answer: their clients are cut off from this server. */
  readonly cutOff = new Set<string>();
  /** Where webhooks that name a Service are reached: `namespace/name` to an address such as `https://127.0.0.1:8443`. */
  readonly webhookAddresses = new Map<string, string>();
  readonly #policies = new Map<string, AccessPolicy>();
  readonly #server: Server;
  readonly #folder: string;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#handle(request, response).catch((error: unknown) => sendStatus(response, 500, String(error)));
    });
  }

  static async open(): Promise<FakeApiServer> {
    const server = createServer({ keepAliveTimeout: 10_000 });
    const folder = await mkdtemp(join(tmpdir(), "headgate-fake-api-"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fake = new FakeApiServer(server, folder);
    await fake.writeKubeconfig();
    return fake;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the fake API server is not listening");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Path of a kubeconfig file that leads here. */
  get kubeconfig(): string {
    return join(this.#folder, "kubeconfig.yaml");
  }

  /**
   * From now on clients that use the returned kubeconfig may do only what these manifests' Roles and bindings grant to the service
   * account `namespace/name`; everyone else is still an administrator. The policy tells what was refused, and what was never used.
   */
  async enforceRoles(manifests: readonly unknown[], account: string): Promise<EnforcedRoles> {
    const policy = new AccessPolicy(manifests, account);
    const token = `account-${account.replace("/", "-")}-${this.#policies.size}`;
    this.#policies.set(token, policy);
    return { policy, token, kubeconfig: await this.kubeconfigFor(token) };
  }

  /** A kubeconfig file for one more client, which is known by its token. */
  async kubeconfigFor(token: string): Promise<string> {
    const path = join(this.#folder, `kubeconfig-${token}.yaml`);
    await this.writeKubeconfig(token, path);
    return path;
  }

  /** Writes the kubeconfig again, for instance with a new token. */
  async writeKubeconfig(token = "none", path = this.kubeconfig): Promise<void> {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "fake",
      clusters: [{ name: "fake", cluster: { server: this.url } }],
      users: [{ name: "fake", user: { token } }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
    };
    await writeFile(path, JSON.stringify(config));
  }

  /** Creates or replaces, as another client would. */
  put(object: FakeObject & { readonly kind: string }): FakeObject {
    const resource = resourceOfKind(object.kind);
    return this.log.put(resource, resource.namespaced ? (object.metadata.namespace ?? "default") : "", object);
  }

  delete(kind: string, namespace: string, name: string): void {
    this.log.delete(resourceOfKind(kind), namespace, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const authorization = request.headers.authorization ?? "";
    const method = request.method ?? "";
    const userAgent = request.headers["user-agent"] ?? "";
    const accept = request.headers.accept ?? "";
    this.requests.push({ method, url: request.url ?? "", authorization, userAgent, accept, version: this.log.version });
    const token = authorization.replace(/^Bearer /, "");
    if (this.cutOff.has(token)) return void response.socket?.resetAndDestroy();
    if (this.token !== null && token !== this.token) return sendStatus(response, 401, "Unauthorized");
    const known = DISCOVERY.get(url.pathname);
    if (known !== undefined) return sendJson(response, 200, known);
    const path = parseApiPath(url.pathname);
    if (path === null) return sendStatus(response, 404, "the server could not find the requested resource");
    const access = accessRequest(method, path, url.searchParams);
    const refusal = this.#policies.get(token)?.judge(access) ?? null;
    if (refusal !== null) return sendStatus(response, 403, refusal);
    const fault = this.faults.take(access.verb, path.resource.plural);
    if (answerWithFault(fault, response)) return;
    if (method === "GET") return this.#read(path, access, { query: url.searchParams, fault, request, response });
    await this.#write(path, request, response);
  }

  async #write(path: ApiPath, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = request.headers["content-type"] ?? "";
    const write = { method: request.method ?? "", type, body: await readBody(request) };
    const dryRun = new URL(request.url ?? "/", "http://fake").searchParams.get("dryRun") === "All";
    const prepared = prepareWrite(this.log, path, write);
    if (prepared.kind === "refused") return sendStatus(response, prepared.code, prepared.message);
    const verdict = await reviewWrite(this, path, prepared);
    for (const warning of verdict.warnings) response.appendHeader("warning", `299 - ${JSON.stringify(warning)}`);
    if (verdict.refusal !== null) return sendStatus(response, verdict.refusal.code, verdict.refusal.message);
    commitWrite(this.log, path, dryRun ? { ...prepared, dryRun } : prepared, response);
  }

  #read(path: ApiPath, { verb }: AccessRequest, exchange: ReadExchange): void {
    if (verb === "watch") return this.#watch(path, exchange);
    if (verb === "list") return this.#list(path, exchange);
    const { response, fault } = exchange;
    const object = this.log.get(path.resource, path.namespace, path.name);
    if (object === undefined)
      return sendStatus(response, 404, `${qualifiedName(path.resource)} "${path.name}" not found`);
    response.writeHead(200, { "content-type": "application/json" });
    writeDamaged(fault, JSON.stringify(object), response);
  }

  #list(path: ApiPath, { query, fault, request, response }: ReadExchange): void {
    const matching = (): readonly FakeObject[] => this.log.list(path.resource, path.namespace).filter(queryTest(query));
    const page = this.pages.take(matching, this.log.version, query);
    if (page === null) return sendStatus(response, 410, "The provided continue parameter is too old");
    const metadata = { resourceVersion: String(page.version), ...(page.token === "" ? {} : { continue: page.token }) };
    const partial = wantsMetadata(request);
    // Items of a real list do not name their kind, except where only their metadata is asked for.
    const items = partial
      ? page.items.map(onlyMetadata)
      : page.items.map(({ apiVersion: _apiVersion, kind: _kind, ...item }) => item);
    const type = partial
      ? { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" }
      : { kind: `${path.resource.kind}List`, apiVersion: apiVersionOf(path.resource) };
    response.writeHead(200, { "content-type": "application/json" });
    writeDamaged(fault, JSON.stringify({ ...type, metadata, items }), response);
  }

  #watch(path: ApiPath, { query, request, response }: ReadExchange): void {
    const fromVersion = Number(query.get("resourceVersion") ?? this.log.version);
    const tooOld = fromVersion < this.log.compactedVersion;
    if (tooOld && this.goneAs === "status") return sendStatus(response, 410, "too old resource version");
    const { resource, namespace } = path;
    const bookmarks = query.get("allowWatchBookmarks") === "true";
    const shape = wantsMetadata(request) ? onlyMetadata : null;
    this.watches.add({ resource, namespace, fromVersion, test: queryTest(query), bookmarks, shape }, response);
    if (tooOld) this.watches.endGone(response);
  }
}

interface ReadExchange {
  readonly query: URLSearchParams;
  readonly fault: Fault | null;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What `enforceRoles` hands back. */
export interface EnforcedRoles {
  readonly policy: AccessPolicy;
  readonly token: string;
  /** Path of the kubeconfig file of the account. */
  readonly kubeconfig: string;
}

/** `as=PartialObjectMetadataList` in Accept, as metadata informers ask. */
function wantsMetadata(request: IncomingMessage): boolean {
  return /as=PartialObjectMetadata/.test(request.headers.accept ?? "");
}

function onlyMetadata({ metadata }: FakeObject): FakeObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}

function queryTest(query: URLSearchParams): ObjectTest {
  const fields = fieldTest(query.get("fieldSelector") ?? "");
  const labels = labelTest(query.get("labelSelector") ?? "");
  return (object) => fields(object) && labels(object);
}
