import {
  type ClientOptions,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
  type UntypedServiceImplementation,
  Client,
} from "@grpc/grpc-js";
import { revealSecret } from "../../../src/lib/secret.ts";
import { EC_PAIR } from "../builders/test-certificates.ts";

type Text = MethodDefinition<string, string>;

const encode = (text: string): Buffer => Buffer.from(text);
const decode = (bytes: Buffer): string => bytes.toString();

/** A method whose messages are text: the frames are gRPC's own, and no schema is needed. */
function method(path: string, requestStream: boolean, responseStream: boolean): Text {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: encode,
    requestDeserialize: decode,
    responseSerialize: encode,
    responseDeserialize: decode,
  };
}

/** The four kinds of call of one service. */
const SHOP = {
  add: method("/shop.Cart/Add", false, false),
  list: method("/shop.Cart/List", false, true),
  sum: method("/shop.Cart/Sum", true, false),
  chat: method("/shop.Cart/Chat", true, true),
} as const;

/** A server of grpc-js that somebody else wrote, with what it does given by the test. */
export class GrpcJsServer implements AsyncDisposable {
  readonly address: string;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
  }

  static async open(service: UntypedServiceImplementation, security: "plain" | "tls"): Promise<GrpcJsServer> {
    const server = new Server();
    server.addService(SHOP, service);
    const pair = { cert_chain: Buffer.from(EC_PAIR.certPem), private_key: Buffer.from(revealSecret(EC_PAIR.keyPem)) };
    const secured = security === "tls" ? ServerCredentials.createSsl(null, [pair]) : ServerCredentials.createInsecure();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync("127.0.0.1:0", secured, (error, port) => (error === null ? resolve(port) : reject(error)));
    return new GrpcJsServer(server, await promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }
}

/** A client of grpc-js for the same service, which knows the proxy as `shop.example`. */
export class GrpcJsClient implements Disposable {
  readonly #client: Client;

  constructor(port: number, security: "plain" | "tls") {
    const options: ClientOptions = { "grpc.default_authority": "shop.example", "grpc.use_local_subchannel_pool": 1 };
    const unverified = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
    this.#client =
      security === "plain"
        ? new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options)
        : new Client(`127.0.0.1:${port}`, credentials.createSsl(null, null, null, unverified), {
            ...options,
            "grpc.ssl_target_name_override": "shop.example",
          });
  }

  /** Resolves with the answer and what came with it, or rejects with the ServiceError. */
  async add(item: string, metadata = new Metadata(), deadlineMs = PATIENCE_MS): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = this.#client.makeUnaryRequest(
      SHOP.add.path,
      encode,
      decode,
      item,
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error, answer) => (error === null ? resolve(answer ?? "") : reject(error)),
    );
    const head = new Promise<Metadata>((done) => call.once("metadata", done));
    const end = new Promise<Metadata>((done) => call.once("status", (state) => done(state.metadata)));
    const answer = await promise;
    return { answer, head: await head, trailers: await end };
  }

  list(item: string) {
    return this.#client.makeServerStreamRequest(SHOP.list.path, encode, decode, item, deadline());
  }

  /** Sends all items as one stream; resolves with the one answer. */
  async sum(items: readonly string[]): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = this.#client.makeClientStreamRequest(SHOP.sum.path, encode, decode, deadline(), (error, answer) =>
      error === null ? resolve(answer ?? "") : reject(error),
    );
    for (const item of items) call.write(item);
    call.end();
    return await promise;
  }

  chat() {
    return this.#client.makeBidiStreamRequest(SHOP.chat.path, encode, decode, deadline());
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

export interface Answer {
  readonly answer: string;
  readonly head: Metadata;
  readonly trailers: Metadata;
}

const PATIENCE_MS = 20_000;

function deadline(): { deadline: number } {
  return { deadline: Date.now() + PATIENCE_MS };
}

/** What a failed call said. */
export async function failureOf(call: Promise<unknown>): Promise<Pick<ServiceError, "code" | "details" | "metadata">> {
  return await call.then(
    () => ({ code: status.OK, details: "", metadata: new Metadata() }),
    (error: ServiceError) => error,
  );
}
