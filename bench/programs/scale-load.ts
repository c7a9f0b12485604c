import { Agent, get } from "node:http";
import { Agent as TlsAgent, get as tlsGet } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { seededRandom } from "../../test/support/servers/upstream-fakes.ts";
import type { LoadReport } from "../scale/traffic.ts";
import { hostOf } from "../scale/objects.ts";

/**
 * Requests at a steady rate to random hosts, some over TLS, each of which must be answered with 200; and a look at the admin server
 * every few milliseconds, whose longest answer shows how long the main thread was away. Tells its parent on every message, and counts
 * anew.
 */
const { values } = parseArgs({
  strict: false,
  options: {
    "http-port": { type: "string" },
    "https-port": { type: "string" },
    "admin-port": { type: "string" },
    hosts: { type: "string" },
    "tls-hosts": { type: "string" },
    rate: { type: "string" },
  },
});
const CLIENTS = 32;
const TLS_SHARE = 0.1;
const ADMIN_EVERY_MS = 5;
const REQUEST_DEADLINE_MS = 10_000;

const random = seededRandom(8);
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const tlsAgent = new TlsAgent({ keepAlive: true, maxSockets: CLIENTS, rejectUnauthorized: false });
const adminAgent = new Agent({ keepAlive: true, maxSockets: 1 });
let [requests, failures, lastFailure] = [0, 0, ""];
let adminMillis: number[] = [];

process.on("message", () => {
  const report: LoadReport = { requests, failures, lastFailure, adminMillis };
  process.send?.(report);
  [requests, failures, lastFailure, adminMillis] = [0, 0, "", []];
});
process.on("disconnect", () => process.exit(0));
for (let i = 0; i < CLIENTS; i++) void requestForever();
void lookForever();

async function requestForever(): Promise<void> {
  const pauseMs = (1000 * CLIENTS) / Number(values.rate);
  for (;;) {
    const startMs = performance.now();
    const overTls = random() < TLS_SHARE;
    const host = hostOf(Math.floor(random() * Number(overTls ? values["tls-hosts"] : values.hosts)));
    try {
      const status = await ask(overTls ? "https" : "http", host);
      requests++;
      if (status !== 200) fail(`${status} for ${host}`);
    } catch (error) {
      requests++;
      fail(`${String(error)} for ${host}`);
    }
    await sleep(Math.max(0, pauseMs - (performance.now() - startMs)));
  }
}

function fail(why: string): void {
  failures++;
  lastFailure = why;
}

function ask(scheme: "http" | "https", host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = { host: "127.0.0.1", headers: { host }, timeout: REQUEST_DEADLINE_MS };
  const request =
    scheme === "https"
      ? tlsGet({ ...options, port: Number(values["https-port"]), agent: tlsAgent, servername: host })
      : get({ ...options, port: Number(values["http-port"]), agent });
  request.on("error", reject).on("timeout", () => request.destroy(new Error("timeout")));
  request.on("response", (response) => {
    response.on("error", reject).on("end", () => resolve(response.statusCode ?? 0));
    response.resume();
  });
  return promise;
}

async function lookForever(): Promise<void> {
  for (;;) {
    const startMs = performance.now();
    await lookOnce().catch((error: unknown) => fail(`admin server: ${String(error)}`));
    adminMillis.push(performance.now() - startMs);
    await sleep(ADMIN_EVERY_MS);
  }
}

function lookOnce(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = get({ host: "127.0.0.1", port: Number(values["admin-port"]), path: "/livez", agent: adminAgent });
  request.on("error", reject).on("response", (response) => response.resume().on("end", () => resolve()));
  return promise;
}
