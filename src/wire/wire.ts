export { connectHttp1, type ConnectEvents, type PendingConnection } from "./http1/connect.ts";
export type { Http1Connection } from "./http1/client-connection.ts";
export { closeWithText } from "./socket/lingering-close.ts";
export { serveHttp1 } from "./http1/serve.ts";
export type { Http1ServerOptions } from "./http1/server-options.ts";
export { connectHttp2 } from "./http2/connect.ts";
export type { Http2Session } from "./http2/client-session.ts";
export { serveHttp2 } from "./http2/http2-server.ts";
export type { Http2ServerOptions } from "./http2/options.ts";
export { fieldName } from "./http/field-name.ts";
export { CommonFields, HeaderList } from "./http/header-list.ts";
export type { ServedConnection } from "./socket/served-connection.ts";
export { Deadline, TimerWheel } from "./loop/timer-wheel.ts";
export { LoopBatch } from "./loop/loop-batch.ts";
export { joinTunnels } from "./socket/tunnel.ts";
export { turnClock } from "./loop/turn.ts";
export {
  UNKNOWN_LENGTH,
  type ClientConnection,
  type ClientRequestHead,
  type ClientStream,
  type ClientStreamHandler,
  type ClientTls,
  type Dial,
  type EndpointConnection,
  type Refusal,
  type RequestAcceptor,
  type RequestHead,
  type ServerStream,
  type ServerStreamHandler,
  type Tunnel,
  type TunnelHandler,
  type TurnedAway,
  type WireError,
} from "./seam/seam.ts";
