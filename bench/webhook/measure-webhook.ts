import { writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/lib/clock.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { createDevCa } from "../../src/tls/self-signed.ts";
import { Cluster } from "../scale/cluster.ts";
import { startOnCluster } from "../scale/headgate.ts";
import { ingressObject, serviceName, serviceObject, sliceObject } from "../scale/objects.ts";
import { freePort } from "../support/processes.ts";
import { type Candidate, CANDIDATES, reviewOf, SHARERS, sharingObject } from "./candidates.ts";

export interface WebhookOptions {
  readonly count: number;
  readonly reviews: number;
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** What was measured of one kind of Ingress. */
export interface ReviewFigures {
  readonly what: string;
  /** From the request to the end of the answer, in milliseconds, while nothing else happens. */
  readonly quietMs: readonly number[];
  /** The same while objects change all the time. */
  readonly busyMs: readonly number[];
}

/** Nobody asks the backends. */
const PORTS = { A: 1, B: 2, C: 3 };
const WARM_UP_REVIEWS = 200;
const CHANGE_EVERY_MS = 20;
const DEADLINE_MS = 10_000;
const SETTLE_MS = 2000;

/** Fills an API server, starts Headgate with its webhook on it, and asks the webhook as an API server does: on a kept connection. */
export async function measureWebhook(options: WebhookOptions): Promise<readonly ReviewFigures[]> {
  const { count, directory, say } = options;
  using cluster = await Cluster.open();
  await cluster.createAll({ count, ports: PORTS, certificates: [] });
  for (let index = 0; index < SHARERS; index++) await cluster.put(sharingObject(index));
  say(`the API server holds ${count + SHARERS} Ingresses`);
  const port = await freePort();
  const flags = { "validating-webhook": `127.0.0.1:${port}`, ...writeCertificate(directory) };
  const headgate = await startOnCluster(cluster.kubeconfig, { directory, workers: 2, nodeOptions: [], flags });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  try {
    await sleep(SETTLE_MS);
    const figures: ReviewFigures[] = [];
    for (const candidate of CANDIDATES) {
      const take = (): Promise<readonly number[]> => takeReviews({ port, agent, candidate, ...options });
      const quietMs = await take();
      const busyMs = await whileChanging(cluster, count, take);
      figures.push({ what: candidate.what, quietMs, busyMs });
      say(`${candidate.what}: ${2 * options.reviews} reviews`);
    }
    return figures;
  } finally {
    agent.destroy();
    await headgate.running.stop();
  }
}

function writeCertificate(directory: string): Readonly<Record<string, string>> {
  const { certPem, keyPem } = createDevCa(systemClock).issue("localhost");
  const files = { certificate: join(directory, "webhook-cert"), key: join(directory, "webhook-key") };
  writeFileSync(files.certificate, certPem);
  writeFileSync(files.key, revealSecret(keyPem), { mode: 0o600 });
  return { "validating-webhook-certificate": files.certificate, "validating-webhook-key": files.key };
}

interface Asking extends WebhookOptions {
  readonly port: number;
  readonly agent: Agent;
  readonly candidate: Candidate;
}

async function takeReviews(asking: Asking): Promise<readonly number[]> {
  const { candidate, count, reviews } = asking;
  const times: number[] = [];
  for (let review = -WARM_UP_REVIEWS; review < reviews; review++) {
    const body = reviewOf(candidate.make(review + WARM_UP_REVIEWS, count), `review-${review}`);
    const startMs = performance.now();
    const answer = await ask(asking, body);
    if (review >= 0) times.push(performance.now() - startMs);
    if (answer.allowed !== candidate.allowed) throw new Error(`${candidate.what}: ${JSON.stringify(answer)}`);
  }
  return times;
}

async function ask({ port, agent }: Asking, body: string): Promise<{ readonly allowed: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const path = "/networking/v1/ingresses?timeout=10s";
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const sent = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers, signal }, (response) => {
    text(response).then(resolve, reject);
  });
  sent.once("error", reject);
  sent.end(body);
  const { response } = JSON.parse(await promise) as { readonly response: { readonly allowed: boolean } };
  return response;
}

/** Runs it while 50 objects a second change: Ingresses, Services and EndpointSlices in turn. */
async function whileChanging<T>(cluster: Cluster, count: number, run: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const changing = changeOn(cluster, count, stop.signal);
  try {
    return await run();
  } finally {
    stop.abort();
    await changing;
  }
}

async function changeOn(cluster: Cluster, count: number, signal: AbortSignal): Promise<void> {
  for (let change = 0; !signal.aborted; change++) {
    const index = Math.floor(change / 3) % count;
    const service = serviceName(index);
    const objects = [
      sliceObject(service, change % 2 === 0 ? { a: PORTS.B, b: PORTS.A } : { a: PORTS.A, b: PORTS.B }),
      serviceObject(service, change % 2 === 0 ? "a" : "b"),
      ingressObject(index, change % 2 === 0 ? service : "alternative", 0),
    ];
    const object = objects[change % 3];
    if (object !== undefined) await cluster.put(object);
    await sleep(CHANGE_EVERY_MS);
  }
}
