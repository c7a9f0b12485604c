import { err, ok, type Result } from "../../lib/result.ts";
import { at, type ConfigKey, Keys, unsupportedKeys } from "../entries/config-key.ts";
import { parseIntAtLeast } from "../entries/value-parsers.ts";

const group = "Runtime";
const keys = new Keys({ group });

/** The program as a process. */
export const RUNTIME_KEYS: readonly ConfigKey[] = [
  keys.key(at("process", "workerProcesses"), parseWorkers, {
    name: "worker-processes",
    fallback: "auto",
    doc: "Threads that serve requests, changed while running; auto is what the flag --worker-processes says.",
  }),
  ...unsupportedKeys({ group }, [
    ["bind-address", "list", "", "Addresses to listen on; the flag --bind-address does it."],
    ["worker-shutdown-timeout", "text", "240s", "Longest time for running requests at the end."],
    ["max-worker-connections", "int", "16384", "Connections of one worker."],
    ["disable-ipv6", "bool", "false", "Listens on IPv4 only."],
    ["disable-ipv6-dns", "bool", "false", "Asks for no IPv6 addresses."],
    ["proxy-stream-timeout", "text", "600s", "Idle time of TCP and UDP."],
    ["proxy-stream-next-upstream", "bool", "true", "Tries another endpoint of TCP and UDP."],
    ["proxy-stream-next-upstream-timeout", "text", "600s", "Longest time for that."],
    ["proxy-stream-next-upstream-tries", "int", "3", "Attempts in all."],
    ["proxy-stream-responses", "int", "1", "Datagrams of an answer."],
    ["use-geoip2", "bool", "false", "Countries of clients."],
    ["geoip2-autoreload-in-minutes", "int", "0", "Reads the database again."],
    ["nginx-status-ipv4-whitelist", "list", "127.0.0.1", "Clients of /nginx_status."],
    ["nginx-status-ipv6-whitelist", "list", "::1", "Clients of /nginx_status."],
  ]),
  ...unsupportedKeys({ group, status: { kind: "accepted", why: "it tunes the inside of nginx" } }, [
    ["worker-cpu-affinity", "text", "", "Binds workers to processors."],
    ["max-worker-open-files", "int", "0", "Open files of a worker."],
    ["enable-multi-accept", "bool", "true", "Takes several connections at once."],
    ["reuse-port", "bool", "true", "One socket for each worker."],
    ["enable-aio-write", "bool", "true", "Writes files in the background."],
    ["enable-serial-reloads", "bool", "false", "One reload at a time; there are none here."],
    ["map-hash-bucket-size", "int", "64", "A table of nginx."],
    ["server-name-hash-bucket-size", "int", "0", "A table of nginx."],
    ["server-name-hash-max-size", "int", "1024", "A table of nginx."],
    ["proxy-headers-hash-bucket-size", "int", "64", "A table of nginx."],
    ["proxy-headers-hash-max-size", "int", "512", "A table of nginx."],
    ["variables-hash-bucket-size", "int", "256", "A table of nginx."],
    ["variables-hash-max-size", "int", "2048", "A table of nginx."],
    ["lua-shared-dicts", "text", "", "Memory of nginx's Lua."],
    ["use-geoip", "bool", "true", "Gone from ingress-nginx as well."],
  ]),
  ...unsupportedKeys({ group, status: { kind: "refused", why: "configuration text is never executed" } }, [
    ["main-snippet", "text", "", "Text for nginx's main section."],
    ["http-snippet", "text", "", "Text for the http section."],
    ["server-snippet", "text", "", "Text for every server."],
    ["location-snippet", "text", "", "Text for every location."],
    ["stream-snippet", "text", "", "Text for the stream section."],
  ]),
];

const MAX_WORKERS = 256;

function parseWorkers(text: string): Result<number | null> {
  if (text === "auto" || text === "") return ok(null);
  const count = parseIntAtLeast(1)(text);
  return count.ok && count.value <= MAX_WORKERS
    ? count
    : err(`expected auto, or a number between 1 and ${MAX_WORKERS}`);
}
