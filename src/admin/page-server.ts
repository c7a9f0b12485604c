import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Logger } from "../lib/logger.ts";
import { answer, type Routes } from "./answer.ts";

export interface PageServerOptions {
  /** Address to bind; empty for all. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger: Logger;
}

/** A server of a few pages for operators and their programs. */
export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A probe or scrape that has not sent its head after this is cut off; its connection may not idle longer either. */
const REQUEST_DEADLINE_MS = 10_000;
const IDLE_MS = 5_000;
/** Probes and scrapers are few; whoever opens more is not one of them. */
const MAX_CONNECTIONS = 256;

/**
 * Serves these pages to requests that `admits` lets in; others get 403. Rejects when the address cannot be bound.
 */
export async function openPageServer(
  { address, port, logger }: PageServerOptions,
  routes: Routes,
  admits: (request: IncomingMessage) => boolean,
): Promise<PageServer> {
  const options = {
    headersTimeout: REQUEST_DEADLINE_MS,
    requestTimeout: REQUEST_DEADLINE_MS,
    keepAliveTimeout: IDLE_MS,
  };
  const server = createServer({ ...options, connectionsCheckingInterval: 1_000 }, (request, response) => {
    answer(request, response, admits(request) ? routes : null).catch((error: unknown) => {
      logger.warn({ err: error, path: request.url }, "an admin page failed");
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("clientError", (_error, socket) => socket.destroy());
  await listen(server, address, port);
  server.on("error", (error) => logger.error({ err: error }, "the admin server failed"));
  return {
    port: portOf(server),
    close: () => close(server),
  };
}

function listen(server: Server, address: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, ...(address === "" ? {} : { host: address }) }, () => {
    server.off("error", reject);
    resolve();
  });
  return promise;
}

/** A server that listens on TCP has an address object, never a pipe name. */
function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
