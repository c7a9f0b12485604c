import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBody, sendJson, sendStatus } from "./answers.ts";
import { DISCOVERY } from "./discovery.ts";
import { answerWithFault, type Fault, FaultPlan, type FakeVerb, writeDamaged } from "./faults.ts";
import { type FakeObject, ObjectLog } from "./object-log.ts";
import { ListPages } from "./list-pages.ts";
import { type ApiPath, apiVersionOf, parseApiPath, qualifiedName, resourceOfKind } from "./resources.ts";
import { fieldTest, labelTest, type ObjectTest } from "./selectors.ts";
import { Watches } from "./watches.ts";
import { handleWrite } from "./writes.ts";

/** One request, for tests that count. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
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
    const server = createServer({ keepAliveTimeout: 1000 });
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

  /** Writes the kubeconfig again, for instance with a new token. */
  async writeKubeconfig(token = "none"): Promise<void> {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "fake",
      clusters: [{ name: "fake", cluster: { server: this.url } }],
      users: [{ name: "fake", user: { token } }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
    };
    await writeFile(this.kubeconfig, JSON.stringify(config));
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
    this.requests.push({ method: request.method ?? "", url: request.url ?? "", authorization });
    if (this.token !== null && authorization !== `Bearer ${this.token}`)
      return sendStatus(response, 401, "Unauthorized");
    const known = DISCOVERY.get(url.pathname);
    if (known !== undefined) return sendJson(response, 200, known);
    const path = parseApiPath(url.pathname);
    if (path === null) return sendStatus(response, 404, "the server could not find the requested resource");
    if (request.method === "GET") return this.#read(path, url.searchParams, response);
    const type = request.headers["content-type"] ?? "";
    const body = await readBody(request);
    handleWrite(this.log, path, { method: request.method ?? "", type, body }, response);
  }

  #read(path: ApiPath, query: URLSearchParams, response: ServerResponse): void {
    const watch = query.get("watch");
    const verb: FakeVerb = path.name !== "" ? "get" : watch === "1" || watch === "true" ? "watch" : "list";
    const fault = this.faults.take(verb, path.resource.plural);
    if (answerWithFault(fault, response)) return;
    if (verb === "watch") return this.#watch(path, query, response);
    if (verb === "list") return this.#list(path, query, { fault, response });
    const object = this.log.get(path.resource, path.namespace, path.name);
    if (object === undefined)
      return sendStatus(response, 404, `${qualifiedName(path.resource)} "${path.name}" not found`);
    response.writeHead(200, { "content-type": "application/json" });
    writeDamaged(fault, JSON.stringify(object), response);
  }

  #list(
    path: ApiPath,
    query: URLSearchParams,
    answer: { readonly fault: Fault | null; readonly response: ServerResponse },
  ): void {
    const matching = this.log.list(path.resource, path.namespace).filter(queryTest(query));
    const page = this.pages.take(matching, this.log.version, query);
    if (page === null) return sendStatus(answer.response, 410, "The provided continue parameter is too old");
    // Items of a real list do not name their kind.
    const items = page.items.map(({ apiVersion: _apiVersion, kind: _kind, ...item }) => item);
    const metadata = { resourceVersion: String(page.version), ...(page.token === "" ? {} : { continue: page.token }) };
    const body = { kind: `${path.resource.kind}List`, apiVersion: apiVersionOf(path.resource), metadata, items };
    answer.response.writeHead(200, { "content-type": "application/json" });
    writeDamaged(answer.fault, JSON.stringify(body), answer.response);
  }

  #watch(path: ApiPath, query: URLSearchParams, response: ServerResponse): void {
    const fromVersion = Number(query.get("resourceVersion") ?? this.log.version);
    const tooOld = fromVersion < this.log.compactedVersion;
    if (tooOld && this.goneAs === "status") return sendStatus(response, 410, "too old resource version");
    const { resource, namespace } = path;
    const bookmarks = query.get("allowWatchBookmarks") === "true";
    this.watches.add({ resource, namespace, fromVersion, test: queryTest(query), bookmarks }, response);
    if (tooOld) this.watches.endGone(response);
  }
}

function queryTest(query: URLSearchParams): ObjectTest {
  const fields = fieldTest(query.get("fieldSelector") ?? "");
  const labels = labelTest(query.get("labelSelector") ?? "");
  return (object) => fields(object) && labels(object);
}
