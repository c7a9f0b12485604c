export { connectHttp1 } from "./http1/connect.ts";
export type { Http1Connection } from "./http1/client-connection.ts";
export { closeWithText } from "./socket/lingering-close.ts";
export { serveHttp1 } from "./http1/server-connection.ts";
export type { Http1ServerOptions } from "./http1/server-options.ts";
export { connectHttp2 } from "./http2/connect.ts";
export type { Http2Session } from "./http2/client-session.ts";
export { serveHttp2 } from "./http2/server-connection.ts";
export type { Http2ServerOptions } from "./http2/options.ts";
export { type FieldName, fieldName } from "./http/field-name.ts";
export { CommonFields, HeaderList } from "./http/header-list.ts";
export { Deadline, TimerWheel } from "./loop/timer-wheel.ts";
export { LoopBatch } from "./loop/loop-batch.ts";
export { checkEndpointTls } from "./socket/endpoint-tls.ts";
export { joinTunnels } from "./socket/tunnel.ts";
export { socketEventClock } from "./loop/socket-event.ts";
export type {
  ClientRequestHead,
  ClientStream,
  ClientStreamHandler,
  ConnectEvents,
  Dial,
  EndpointTls,
  EndpointConnection,
  PendingConnection,
} from "./seam/client.ts";
export { UNKNOWN_LENGTH, type WireError } from "./seam/rules.ts";
export type {
  ClientConnection,
  ClientListener,
  ClientTls,
  Refusal,
  RequestAcceptor,
  RequestHead,
  ServedConnection,
  ServerStream,
  ServerStreamHandler,
  TurnedAway,
} from "./seam/server.ts";
export type { Tunnel, TunnelHandler } from "./seam/tunnel.ts";
