import { FEATURE_HOSTS, HOST_COUNT, hostName, PLAIN_HOST } from "../rivals/setup.ts";
import type { Scenario } from "./scenario.ts";

const SMALL_BYTES = 100;
const PLAIN: Omit<Scenario, "id" | "title" | "load"> = {
  group: "requests",
  profile: "plain",
  scheme: "http",
  host: PLAIN_HOST,
  path: "/small",
  unit: "request",
  needsHttp2: "no",
  answerBytes: SMALL_BYTES,
  against: null,
};
const FEATURE = { ...PLAIN, group: "features", against: "feature-none" } as const;
const TLS = { ...PLAIN, group: "tls", scheme: "https" } as const;
/** Fewer connections: their handshakes are part of what is measured, and shall stay a small one. */
const TLS_KEEP_ALIVE = { kind: "wrk", connections: 16, hosts: 0 } as const;
const KEEP_ALIVE = { kind: "wrk", connections: 64, hosts: 0 } as const;

/** Everything that is measured, in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  { ...PLAIN, id: "small-get", title: "small GET, keep-alive", load: KEEP_ALIVE },
  { ...PLAIN, id: "10k", title: "10 KB response", path: "/10k", answerBytes: 10_240, load: KEEP_ALIVE },
  {
    ...PLAIN,
    id: "1m",
    title: "1 MB response",
    path: "/1m",
    answerBytes: 1_048_576,
    load: { kind: "wrk", connections: 8, hosts: 0 },
  },
  {
    ...PLAIN,
    id: "upload",
    title: "1 MB upload, Content-Length",
    path: "/upload",
    answerBytes: 2,
    load: { kind: "upload", connections: 8, framing: "length" },
  },
  {
    ...PLAIN,
    id: "upload-chunked",
    title: "1 MB upload, chunked",
    path: "/upload",
    answerBytes: 2,
    load: { kind: "upload", connections: 8, framing: "chunked" },
  },
  {
    ...PLAIN,
    id: "websocket",
    title: "WebSocket echo, 64 bytes",
    path: "/ws",
    unit: "message",
    load: { kind: "websocket", connections: 64 },
  },
  { ...FEATURE, id: "feature-none", title: "small GET, no feature", against: null, load: KEEP_ALIVE },
  { ...FEATURE, id: "hosts-1", title: "1 host", load: { ...KEEP_ALIVE, hosts: 1 }, against: null },
  {
    ...FEATURE,
    id: "hosts-10000",
    title: "10,000 hosts",
    profile: "hosts",
    host: hostName(0),
    load: { ...KEEP_ALIVE, hosts: HOST_COUNT },
    against: "hosts-1",
  },
  {
    ...FEATURE,
    id: "regex",
    title: "regex host, rewrite",
    profile: "features",
    host: FEATURE_HOSTS.regex,
    path: "/orders/small",
    load: KEEP_ALIVE,
  },
  { ...FEATURE, id: "access-log", title: "access log on", profile: "log", load: KEEP_ALIVE },
  {
    ...FEATURE,
    id: "rate-limit",
    title: "rate limit on",
    profile: "features",
    host: FEATURE_HOSTS.limit,
    load: KEEP_ALIVE,
  },
  {
    ...FEATURE,
    id: "canary",
    title: "canary of 20 % on",
    profile: "features",
    host: FEATURE_HOSTS.canary,
    load: KEEP_ALIVE,
  },
  {
    ...FEATURE,
    id: "sticky",
    title: "sticky cookie on",
    profile: "features",
    host: FEATURE_HOSTS.sticky,
    load: KEEP_ALIVE,
  },
  { ...TLS, id: "tls", title: "small GET over TLS, keep-alive", load: TLS_KEEP_ALIVE },
  {
    ...TLS,
    id: "tls-new",
    title: "new TLS connection per request",
    load: { kind: "handshake", connections: 16, session: "new" },
  },
  {
    ...TLS,
    id: "tls-resumed",
    title: "new TLS connection, resumed session",
    load: { kind: "handshake", connections: 16, session: "resumed" },
  },
  {
    ...TLS,
    id: "http2",
    title: "HTTP/2 over TLS",
    needsHttp2: "yes",
    load: { kind: "h2load", connections: 8, streams: 16 },
  },
  {
    ...PLAIN,
    id: "latency",
    group: "latency",
    title: "p99 at half of nginx's maximum rate",
    load: { kind: "rated", connections: 32 },
  },
];
