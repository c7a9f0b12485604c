import type { IncomingMessage } from "node:http";
import type { Server } from "node:https";

/** How long a connection of the webhook may take for what, in milliseconds. */
export interface ConnectionLimits {
  /** Without a byte: between two requests, and before the first. */
  readonly idleMs: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
}

type Socket = IncomingMessage["socket"];

const CHECK_MS = 1_000;

/**
 * Node counts its limits on a request from the moment a connection opens, and so would end one that the API server opened ahead of its first
 * request: a review that meets that end on the way is an error for the user. Hence Node's limits are for idleness here, and
 * `limitRequests` keeps the one on requests.
 */
export function idleOptions({ idleMs }: ConnectionLimits): {
  readonly keepAliveTimeout: number;
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly connectionsCheckingInterval: number;
} {
  const connectionsCheckingInterval = Math.min(CHECK_MS, idleMs);
  return { keepAliveTimeout: idleMs, headersTimeout: idleMs, requestTimeout: 0, connectionsCheckingInterval };
}

/** Ends the connection of a request that takes too long to arrive. */
export function limitRequests(server: Server, { requestMs }: ConnectionLimits): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  const disarm = (socket: Socket): void => {
    clearTimeout(timers.get(socket));
    timers.delete(socket);
  };
  server.on("secureConnection", (socket: Socket) => {
    // Before the parser: what ends with these bytes disarms after them.
    socket.prependListener("data", () => {
      if (!timers.has(socket))
        timers.set(
          socket,
          setTimeout(() => void socket.destroy(), requestMs),
        );
    });
    socket.on("close", () => disarm(socket));
  });
  server.on("request", (request: IncomingMessage) => void request.on("end", () => disarm(request.socket)));
}
