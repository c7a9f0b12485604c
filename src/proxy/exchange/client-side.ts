import type { HeaderList, Tunnel } from "../../wire/wire.ts";
import type { ProxyError } from "../answers/errors.ts";
import type { BodySink } from "../request/body-sink.ts";
import type { RequestContext } from "../request/context.ts";
import type { ProxyCore } from "./core.ts";

/**
 * Where an exchange stands. It only ever moves down this list; `finished` is reached exactly once.
 * - `deciding`: in the hooks that decide, nothing was sent to anybody
 * - `forwarding`: an upstream is asked, the client has no head yet
 * - `responding`: the client has the head, the body streams
 * - `tunnelling`: upgraded, bytes flow both ways
 * - `finished`: told to the log; whatever still comes is ignored
 */
export type ExchangeState = "deciding" | "forwarding" | "responding" | "tunnelling" | "finished";

/** The client's side of an exchange, as the upstream's side sees it. */
export interface ClientSide {
  readonly core: ProxyCore;
  readonly context: RequestContext;
  readonly state: ExchangeState;
  requestBodyBytes: number;
  responseBodyBytes: number;
  /** The way of the response's body, once the client has its head. */
  readonly sink: BodySink;
  /** Sends an upstream's early hints to the client. `headers`: as the upstream sent them, here and below. */
  inform(status: number, headers: HeaderList): void;
  /** Sends the upstream's head to the client, unless the answer is intercepted. */
  respond(status: number, headers: HeaderList, bodyLengthBytes: number): void;
  /** Gives the client the protocol that the upstream chose; null when the exchange has ended over it. */
  upgrade(protocol: string, headers: HeaderList): Tunnel | null;
  /** Ends the exchange with an error: as a page where that is still possible, else by cutting the response short. */
  fail(error: ProxyError): void;
  /** A filter threw: this exchange fails. */
  onFault(error: unknown): void;
  /** Every exit passes here, once. `errorCode` is empty when the answer is the upstream's. */
  finish(status: number, errorCode: string): void;
}
