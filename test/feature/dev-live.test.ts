import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as openRequest, type IncomingMessage, type RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { ask } from "../support/builders/http-request.ts";

// A whole process starts for each test; on a busy machine that takes seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const DEADLINE_MS = 10_000;

/** A folder of its own, removed after the test. */
async function aFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-dev-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function aBackend(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

function ingress(name: string, path: string, service = name): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec:
  rules:
    - host: app.localhost
      http:
        paths:
          - path: ${path}
            pathType: Prefix
            backend: { service: { name: ${service}, port: { number: 80 } } }
`;
}

function service(name: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80 }] }
`;
}

/** Asks again and again until the answer has the status: the change must arrive by itself. */
async function untilStatus(dev: HeadgateProcess, path: string, status: number): Promise<string> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    const answer = await ask({ port: dev.ports.http, host: "app.localhost", path });
    if (answer.status === status) return answer.body;
    if (deadline.aborted) throw new Error(`${path} still answers ${answer.status}`);
  }
}

describe("headgate dev", () => {
  test("serves a change of a file by itself", async () => {
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--demo");
    expect(await untilStatus(dev, "/api", 200)).toContain('"default/web"');
    await writeFile(join(folder, "api.yaml"), `${ingress("api", "/api")}---\n${service("api")}`);
    await expect.poll(() => untilStatus(dev, "/api", 200), { timeout: DEADLINE_MS }).toContain('"default/api"');
  });

  test("forgets a file that is removed", async () => {
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/web")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--demo");
    await untilStatus(dev, "/web", 200);
    await rm(join(folder, "app.yaml"));
    await untilStatus(dev, "/web", 404);
  });

  test("keeps the last good configuration when a file breaks, and names the place", async () => {
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--demo");
    await untilStatus(dev, "/", 200);
    await writeFile(join(folder, "app.yaml"), `${ingress("web", "/")}  rules: [\n`);
    await dev.untilOutput(/app\.yaml:\d+:\d+/);
    await untilStatus(dev, "/", 200);
    await writeFile(join(folder, "app.yaml"), `${ingress("web", "/only")}---\n${service("web")}`);
    await untilStatus(dev, "/", 404);
  });

  test("serves Ingresses of any class and of none", async () => {
    const classed = ingress("web", "/web").replace("spec:", "spec:\n  ingressClassName: something-else");
    const folder = await aFolder({ "app.yaml": [classed, service("web")].join("---\n") });
    await using dev = await HeadgateProcess.dev(folder, "--demo");
    await untilStatus(dev, "/web", 200);
  });

  test("answers 503 for a Service without endpoints, with a page that names the flag to add", async () => {
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder);
    expect(await untilStatus(dev, "/", 503)).toContain("--map default/web:80=3000");
  });

  test.each(["web", "web:80", "default/web", "default/web:80"])("--map %s=… sends the Service there", async (name) => {
    const port = await aBackend((_request, response) => response.end("mine"));
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--map", `${name}=127.0.0.1:${port}`);
    expect(await untilStatus(dev, "/", 200)).toBe("mine");
  });

  test("writes one line a request, without colours into a pipe, and nothing that a client could smuggle in", async () => {
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--demo");
    await ask({ port: dev.ports.http, host: "app.localhost", path: "/cart?id=%1b[31m" });
    await dev.untilOutput(
      /^200 GET {2}http:\/\/app\.localhost:\d+\/cart\?id=%1b\[31m → default\/web \/ web:80 127\.0\.0\.1:\d+ \d/m,
    );
    expect(dev.rawOutput).not.toContain("\u001b");
  });

  test("counts requests in its metrics", async () => {
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--demo");
    await untilStatus(dev, "/", 200);
    await dev.untilOutput(/^200 GET/m);
    const { body } = await ask({ port: dev.ports.admin, host: "localhost", path: "/metrics" });
    expect(body).toMatch(
      /^nginx_ingress_controller_requests\{.*host="app\.localhost",ingress="web",namespace="default",path="\/",service="web",canary="",method="GET",status="200"\} 1$/m,
    );
    expect(body).toMatch(/^nginx_ingress_controller_config_last_reload_successful\{.*\} 1$/m);
  });
});

/** An Ingress for a host that exists on the internet. */
function realHost(name: string, path: string): string {
  return ingress(name, path).replace("app.localhost", "shop.example.com");
}

describe("a developer of headgate dev", () => {
  test("is told what each change did, where mistakes are, and what --map does not match", async () => {
    const folder = await aFolder({ "app.yaml": `${realHost("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--demo", "--map", "wbe=3000");
    await dev.untilOutput(/--map default\/wbe=… has no effect: .*did you mean --map default\/web=…\?/);
    const file = join(folder, "app.yaml");
    await writeFile(file, `${realHost("web", "/shop")}---\n${service("web")}`);
    await dev.untilOutput(new RegExp(`reloaded ${file}: 1 route added, 1 route removed`));
    await writeFile(file, `# a remark\n${realHost("web", "/shop")}---\n${service("web")}`);
    await dev.untilOutput(new RegExp(`reloaded ${file}: nothing that is served changed`));
    await writeFile(file, `${realHost("web", "/shop").replace("number: 80", "number: 81")}---\n${service("web")}`);
    await dev.untilOutput(new RegExp(`error ${file}:11:\\d+: Ingress default/web .*no TCP port 81`));
    await writeFile(file, realHost("web", "/shop").replace("            pathType: Prefix\n", ""));
    await dev.untilOutput(new RegExp(`error ${file}:9:\\d+: Ingress default/web .*write pathType: Prefix`));
  });

  test("reaches a real host by a name below .localhost, over TLS too, and by commands that stay on this machine", async () => {
    const tls = "  tls: [{ hosts: [shop.example.com] }]\n  rules:";
    const folder = await aFolder({
      "a.yaml": [realHost("web", "/").replace("  rules:", tls), service("web")].join("---\n"),
    });
    await using dev = await HeadgateProcess.dev(folder, "--demo");
    const host = "shop.example.com.localhost";
    const plain = await ask({ port: dev.ports.http, host });
    expect([plain.status, plain.headers.location]).toEqual([308, `https://${host}`]);
    const secure = await ask({ port: dev.ports.https, host, tls: true });
    expect([secure.status, JSON.parse(secure.body)]).toMatchObject([
      200,
      { service: "default/web", headers: { host } },
    ]);
    expect((await ask({ port: dev.ports.https, host: "shop.example.com", tls: true })).status).toBe(200);
    const missing = await ask({ port: dev.ports.http, host: "other.example.com.localhost" });
    expect(missing.status).toBe(404);
    expect(missing.body.match(/https?:\/\/[^\s<]+/g)).toEqual([`http://${host}:${dev.ports.http}/`]);
    const commands = dev.output.match(/curl .*shop\.example\.com:.*/g) ?? [];
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(command).toMatch(/--resolve shop\.example\.com:\d+:127\.0\.0\.1 /);
    expect(dev.output).toContain(`http://${host}:${dev.ports.http}`);
  });

  test("can pipe manifests in, and the first request waits for them", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const port = await aFreePort();
    await using dev = HeadgateProcess.piped(
      promise,
      "--demo",
      "--http-port",
      port,
      "--https-port",
      "0",
      "--healthz-port",
      "0",
    );
    await untilListening(Number(port));
    const answer = ask({ port: Number(port), host: "app.localhost" });
    resolve(`${ingress("web", "/")}---\n${service("web")}`);
    expect((await answer).status).toBe(200);
    await dev.untilOutput(/serves standard input/);
    dev.kill("SIGTERM");
    expect(await dev.exited).toBe(0);
  });

  test("can stop it while it waits for standard input", async () => {
    await using dev = HeadgateProcess.piped(
      new Promise(() => {}),
      "--http-port",
      "0",
      "--https-port",
      "0",
      "--healthz-port",
      "0",
    );
    await dev.untilOutput(/waiting for the end of standard input/);
    dev.kill("SIGTERM");
    expect(await dev.exited).toBe(0);
  });
});

async function aFreePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? String(address?.port) : "";
}

async function untilListening(port: number): Promise<void> {
  const deadline = AbortSignal.timeout(45_000);
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const reached = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (reached) return;
    if (deadline.aborted) throw new Error(`nothing listens on ${port}`);
  }
}

describe("shutting headgate dev down", () => {
  test("finishes a running download, refuses new connections, and exits 0", async () => {
    const finish = Promise.withResolvers<void>();
    const port = await aBackend((_request, response) => {
      response.write("begin ");
      void finish.promise.then(() => response.end("end"));
    });
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--map", `web=127.0.0.1:${port}`);
    const download = openRequest({ port: dev.ports.http, host: "127.0.0.1", headers: { Host: "app.localhost" } }).end();
    const [response] = (await once(download, "response")) as [IncomingMessage];
    let body = "";
    response.setEncoding("utf8").on("data", (text: string) => (body += text));
    const ended = once(response, "end");
    dev.kill("SIGTERM");
    await dev.untilOutput(/shutting down/);
    const health = await ask({ port: dev.ports.admin, host: "localhost", path: "/healthz" });
    expect(health.status).toBe(500);
    await expect(refusal(dev.ports.http)).resolves.toBe("ECONNREFUSED");
    finish.resolve();
    await ended;
    expect(body).toBe("begin end");
    expect(await dev.exited).toBe(0);
  });

  test("a second signal ends the wait", async () => {
    const port = await aBackend((_request, response) => void response.write("never ends"));
    const folder = await aFolder({ "app.yaml": `${ingress("web", "/")}---\n${service("web")}` });
    await using dev = await HeadgateProcess.dev(folder, "--map", `web=127.0.0.1:${port}`);
    const download = openRequest({ port: dev.ports.http, host: "127.0.0.1", headers: { Host: "app.localhost" } }).end();
    download.on("error", () => {});
    const [response] = (await once(download, "response")) as [IncomingMessage];
    response.on("error", () => {}).resume();
    dev.kill("SIGINT");
    await dev.untilOutput(/shutting down/);
    dev.kill("SIGINT");
    expect(await dev.exited).toBe(1);
  });
});

/** The error code of connecting; the listener closes a moment after the signal. */
async function refusal(port: number): Promise<string> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    const code = await ask({ port, host: "app.localhost" }).then(
      () => "served",
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "failed"),
    );
    if (code === "ECONNREFUSED" || deadline.aborted) return code;
  }
}
