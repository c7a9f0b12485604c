import { request as plainRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import { text } from "node:stream/consumers";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly port: number;
  /** Host header; over TLS the server name as well. */
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Over TLS, without checking the certificate. */
  readonly tls?: boolean;
}

const DEADLINE_MS = 10_000;

/** One request to 127.0.0.1 on a connection of its own. */
export async function ask({ port, host, path = "/", method = "GET", headers = {}, tls = false }: Ask): Promise<Answer> {
  const options: RequestOptions = {
    host: "127.0.0.1",
    port,
    path,
    method,
    headers: { Host: host, ...headers },
    agent: false,
    signal: AbortSignal.timeout(DEADLINE_MS),
  };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = tls ? tlsRequest({ ...options, servername: host, rejectUnauthorized: false }) : plainRequest(options);
  sent.once("response", (response) => {
    text(response).then(
      (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      reject,
    );
  });
  sent.once("error", reject);
  sent.end();
  return promise;
}
