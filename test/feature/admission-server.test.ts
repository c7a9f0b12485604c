import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { AdmissionServer, type AdmissionServerOptions } from "../../src/controller/admission/admission-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { EC_PAIR, testCa } from "../support/builders/test-certificates.ts";
import { type WebhookFiles, webhookFiles } from "../support/servers/webhook-files.ts";

const HOST = "headgate-admission.ingress.svc";
const PATH = "/networking/v1/ingresses";

async function aServer(
  options: Partial<AdmissionServerOptions> = {},
): Promise<{ readonly server: AdmissionServer; readonly files: WebhookFiles }> {
  const files = await webhookFiles(testCa().issue(HOST));
  const server = await AdmissionServer.open({
    address: "127.0.0.1",
    port: 0,
    certificatePath: files.certificatePath,
    keyPath: files.keyPath,
    clientCaPath: null,
    logger: silentLogger,
    clock: systemClock,
    judge: async ({ namespace }) => ({
      denial: namespace === "bad" ? "not that one" : null,
      warnings: ["mind the gap"],
    }),
    ...options,
  });
  onTestFinished(() => server.close());
  return { server, files };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Serial number of the server's certificate. */
  readonly serial: string;
}

function ask(server: AdmissionServer, body: string, options: RequestOptions = {}): Promise<Answer> {
  const target = { host: "127.0.0.1", port: server.port, path: PATH, method: "POST", servername: HOST, agent: false };
  return new Promise((resolve, reject) => {
    const call = request({ ...target, ca: testCa().certPem, ...options }, (response) => {
      const { socket } = response;
      const serial = "getPeerX509Certificate" in socket ? serialOf(socket) : "";
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, serial }));
    });
    call.on("error", reject);
    call.setTimeout(10_000, () => call.destroy(new Error("no answer")));
    call.end(body);
  });
}

function serialOf(socket: object): string {
  const read = Reflect.get(socket, "getPeerX509Certificate") as () => { serialNumber: string } | undefined;
  return read.call(socket)?.serialNumber ?? "";
}

function review(namespace: string): string {
  const kind = { group: "networking.k8s.io", version: "v1", kind: "Ingress" };
  const inner = { uid: "42", operation: "CREATE", kind, namespace, name: "web", object: { metadata: {} } };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: inner });
}

function rawReview(body: string): string {
  return `POST ${PATH} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function openTls(server: AdmissionServer): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port: server.port, servername: HOST, ca: testCa().certPem });
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

/** Until a request that never ends was given up: whoever waited before has waited longer than the limit. */
async function untilLimit(server: AdmissionServer): Promise<void> {
  const slow = await openTls(server);
  slow.write("POST");
  expect(await text(slow)).toBe("");
}

describe("the webhook's server", () => {
  test("answers a review with the verdict and its warnings", async () => {
    const { server } = await aServer();
    const answer: unknown = JSON.parse((await ask(server, review("shop"))).body);
    expect(answer).toEqual({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid: "42", allowed: true, warnings: ["mind the gap"] },
    });
  });

  test("answers a large review as a small one", async () => {
    const { server } = await aServer();
    const large = review("bad").replace('"metadata":{}', `"metadata":{"annotations":{"a":"${"x".repeat(200_000)}"}}`);
    const answer = JSON.parse((await ask(server, large)).body) as { response: unknown };
    expect(answer.response).toMatchObject({ uid: "42", allowed: false, status: { message: "not that one" } });
  });

  test("answers a denial with its message", async () => {
    const { server } = await aServer();
    const answer = JSON.parse((await ask(server, review("bad"))).body) as { response: unknown };
    expect(answer.response).toMatchObject({ allowed: false, status: { code: 400, message: "not that one" } });
    expect(server.counts).toMatchObject({ allowed: 0, denied: 1 });
  });

  test.each<[string, number, string, RequestOptions]>([
    ["another path", 404, review("shop"), { path: "/" }],
    ["another method", 405, "", { method: "GET" }],
    ["something that is no JSON", 400, "{", {}],
    [
      "another kind of review",
      400,
      '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{}}',
      {},
    ],
    ["a body that says that it is too long", 413, "x".repeat(4 * 1024 * 1024 + 1), {}],
    [
      "a body that turns out too long",
      413,
      "x".repeat(4 * 1024 * 1024 + 1),
      { headers: { "transfer-encoding": "chunked" } },
    ],
  ])("refuses %s with %i", async (_what, status, body, options) => {
    const { server } = await aServer();
    expect((await ask(server, body, options)).status).toBe(status);
  });

  test.each([
    ["before the objects are known", async () => null],
    [
      "when the judge fails",
      async () => {
        throw new Error("a bug");
      },
    ],
  ])("leaves the decision to the failure policy %s", async (_when, judge) => {
    const { server } = await aServer({ judge });
    expect((await ask(server, review("shop"))).status).toBe(503);
  });

  test("ends the connection of a request that takes too long to arrive", async () => {
    const { server } = await aServer({ requestMs: 50 });
    const target = { host: "127.0.0.1", port: server.port, path: PATH, method: "POST", servername: HOST };
    const slow = request({ ...target, agent: false, ca: testCa().certPem, headers: { "content-length": 1000 } });
    slow.write("{");
    await expect(once(slow, "response")).rejects.toThrow("socket hang up");
  });

  test("keeps connections that wait, before the first review as between two, longer than a review may take", async () => {
    const { server } = await aServer({ requestMs: 50 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports: (number | undefined)[] = [];
    agent.on("free", (socket: TLSSocket) => void ports.push(socket.localPort));
    expect((await ask(server, review("shop"), { agent })).status).toBe(200);
    const early = await openTls(server);
    const waits = await openTls(server);
    await untilLimit(server);
    expect((await ask(server, review("shop"), { agent })).status).toBe(200);
    expect(new Set(ports).size).toBe(1);
    for (const socket of [early, waits]) {
      socket.end(rawReview(review("shop")));
      expect(await text(socket)).toContain("HTTP/1.1 200 OK");
    }
  });

  test("tells clients that it keeps a connection for two minutes and more: the API server ends it after 90 s", async () => {
    const { server } = await aServer();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const target = { host: "127.0.0.1", port: server.port, path: PATH, method: "POST", servername: HOST, agent };
    const call = request({ ...target, ca: testCa().certPem });
    call.end(review("shop"));
    const [response] = (await once(call, "response")) as [IncomingMessage];
    response.resume();
    expect(Number(/timeout=(\d+)/.exec(String(response.headers["keep-alive"]))?.[1])).toBeGreaterThanOrEqual(120);
  });

  test.each([
    ["before its first review", "", /^$/],
    ["after one", rawReview(review("shop")), /^HTTP\/1\.1 200 OK/],
  ])("ends a connection that waits for too long %s", async (_when, sent, heard) => {
    const { server } = await aServer({ idleMs: 50 });
    const socket = await openTls(server);
    socket.write(sent);
    expect(await text(socket)).toMatch(heard);
  });

  test("counts each review of a connection by itself", async () => {
    const { server } = await aServer({ requestMs: 50 });
    const socket = await openTls(server);
    socket.write(rawReview(review("shop")));
    await once(socket, "data");
    await untilLimit(server);
    socket.write(rawReview(review("shop")));
    await once(socket, "data");
    socket.write(rawReview(review("shop")).slice(0, 40));
    const rest = await text(socket);
    expect(rest).toBe("");
    expect(server.counts).toMatchObject({ allowed: 2, failed: 0 });
  });

  test("uses a renewed certificate for the next connection", async () => {
    const { server, files } = await aServer();
    const before = await ask(server, review("shop"));
    const renewed = testCa().issue("renewed.ingress.svc");
    await files.replace(renewed);
    const after = await ask(server, review("shop"), { servername: "renewed.ingress.svc" });
    expect(after.serial).not.toBe(before.serial);
  });

  test("keeps the certificate it has when the files are broken", async () => {
    const { server, files } = await aServer();
    await files.write("cert", "not a certificate");
    expect((await ask(server, review("shop"))).status).toBe(200);
  });

  test("asks for a client certificate where an authority is given", async () => {
    const files = await webhookFiles(testCa().issue(HOST));
    const clientCaPath = await files.write("ca", EC_PAIR.certPem);
    const { server } = await aServer({ ...files, clientCaPath });
    await expect(ask(server, review("shop"))).rejects.toThrow();
    const credentials = { cert: EC_PAIR.certPem, key: revealSecret(EC_PAIR.keyPem) };
    expect((await ask(server, review("shop"), credentials)).status).toBe(200);
  });
});
