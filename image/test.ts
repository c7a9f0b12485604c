import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeApiServer } from "../test/support/servers/fake-api-server/fake-api-server.ts";

/**
 * `npm run test:image`: builds the image with Debian's buildah on a base made by debootstrap, so that no registry of images is
 * needed, and runs it: as user 65532, on port 80, which only the file's capability allows. Needs root, buildah and debootstrap
 * (`apt-get install buildah debootstrap`), and takes minutes. `HEADGATE_IMAGE_BASE` names a debootstrap folder to use again.
 */

const ROOT = join(import.meta.dirname, "..");
const BASE_IMAGE = "localhost/headgate-test-base";
const IMAGE = "localhost/headgate-test";
const ADDRESS = "127.0.0.80";
const DEADLINE_MS = 60_000;

const scratch = mkdtempSync(join(tmpdir(), "headgate-image-"));
try {
  step("make the base", () => makeBase(process.env["HEADGATE_IMAGE_BASE"] ?? join(scratch, "base")));
  step("build the image", () => {
    buildah("bud", "--isolation", "chroot", "--build-arg", `NODE_IMAGE=${BASE_IMAGE}`, "--tag", IMAGE, ROOT);
  });
  const container = buildah("from", IMAGE).trim();
  try {
    step("check the image", () => checkImage(container));
    await checkService(container);
  } finally {
    buildah("rm", container);
  }
  console.log("the image works");
} finally {
  rmSync(scratch, { recursive: true, force: true });
  for (const image of [IMAGE, BASE_IMAGE]) spawnSync("buildah", ["rmi", "--force", image], { stdio: "ignore" });
}

function step(name: string, run: () => void): void {
  const startMs = Date.now();
  run();
  console.log(`${name}: ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
}

function buildah(...args: readonly string[]): string {
  return execFileSync("buildah", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 64 << 20 });
}

/** Debian with the Node and the npm of this machine, where `node:26-slim` has them. */
function makeBase(folder: string): void {
  if (!existsSync(join(folder, "usr"))) {
    const packages = "--include=libatomic1,libstdc++6,libcap2-bin";
    execFileSync("debootstrap", ["--variant=minbase", packages, "bookworm", folder], { stdio: "ignore" });
  }
  const local = join(folder, "usr/local");
  cpSync(process.execPath, join(local, "bin/node"), { dereference: true });
  // npm says where it is to the scripts that it runs.
  const npm = join(realpathSync(process.env["npm_execpath"] ?? ""), "../..");
  cpSync(npm, join(local, "lib/node_modules/npm"), { recursive: true });
  // Behind a proxy that signs for others, the machine's own authorities are the ones to trust.
  const authorities = "/etc/ssl/certs/ca-certificates.crt";
  if (existsSync(authorities)) {
    cpSync(authorities, join(folder, authorities), { recursive: true });
    writeFileSync(join(local, "lib/node_modules/npm/npmrc"), `cafile=${authorities}\n`);
  }
  execFileSync("ln", ["-sf", "../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm")]);
  const base = buildah("from", "scratch").trim();
  buildah("add", "--quiet", base, folder, "/");
  buildah("config", "--env", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", base);
  buildah("commit", "--quiet", "--rm", base, BASE_IMAGE);
}

function inContainer(container: string, ...command: readonly string[]): string {
  return buildah("run", "--isolation", "chroot", container, "--", ...command);
}

interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

function checkImage(container: string): void {
  const inspected = JSON.parse(buildah("inspect", container)) as { OCIv1: { config: ImageConfig } };
  const { config } = inspected.OCIv1;
  assert.equal(config.User, "65532:65532");
  assert.deepEqual(
    [...config.Entrypoint, ...config.Cmd],
    ["/usr/local/bin/node", "--disable-sigusr1", "--max-semi-space-size=8", "/app/dist/main.js", "controller"],
  );
  assert.equal(config.Labels["org.opencontainers.image.title"], "Headgate");
  assert.match(inContainer(container, "/usr/sbin/getcap", "/usr/local/bin/node"), /cap_net_bind_service=ep/);
  assert.match(inContainer(container, "headgate", "version"), /^headgate \d/);
  const check =
    "JSON.parse(fs.readFileSync('/usr/share/doc/headgate/sbom.cdx.json')).components.map((c) => c.name).join()";
  assert.match(inContainer(container, "node", "-p", check), /undici/);
  assert.equal(
    inContainer(
      container,
      "node",
      "-p",
      "fs.existsSync('/app/node_modules') || fs.existsSync('/usr/local/lib/node_modules')",
    ),
    "false\n",
  );
}

/** Serves on port 80 as user 65532, and finishes a slow request after `/wait-shutdown`. */
async function checkService(container: string): Promise<void> {
  const slow = Promise.withResolvers<ServerResponse>();
  const backend = createServer((incoming, response) => {
    if (incoming.url === "/slow") slow.resolve(response);
    else response.end("hello\n");
  });
  await once(backend.listen(0, "127.0.0.1"), "listening");
  await using api = await FakeApiServer.open();
  publish(api, (backend.address() as AddressInfo).port);
  const controller = startController(container, api.url);
  try {
    await untilReady();
    const uid = inContainer(container, "node", "-p", "process.getuid()").trim();
    assert.equal(uid, "65532");
    assert.equal((await get("/")).body, "hello\n");
    const answer = get("/slow");
    const held = await slow.promise;
    const hook = spawn("buildah", ["run", "--isolation", "chroot", container, "--", "/wait-shutdown"], {
      stdio: "inherit",
    });
    await untilRefused();
    held.end("late\n");
    assert.equal((await answer).body, "late\n");
    const [[code], [hookCode]] = await Promise.all([once(controller, "exit"), once(hook, "exit")]);
    assert.deepEqual([code, hookCode], [0, 0]);
  } finally {
    controller.kill("SIGKILL");
    backend.closeAllConnections();
    backend.close();
  }
  console.log("port 80 as user 65532, and /wait-shutdown: as expected");
}

/** One Ingress for every host, whose Service has this machine's backend as its endpoint. */
function publish(api: FakeApiServer, port: number): void {
  const service = { name: "web", port: { number: 80 } };
  const paths = [{ path: "/", pathType: "Prefix", backend: { service } }];
  api.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  api.put({ kind: "Service", metadata: { name: "web", namespace: "shop" }, spec: { ports: [{ port: 80 }] } });
  api.put({
    kind: "EndpointSlice",
    metadata: { name: "web-1", namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port }],
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
  });
  api.put({
    kind: "Ingress",
    metadata: { name: "web", namespace: "shop" },
    spec: { ingressClassName: "nginx", rules: [{ http: { paths } }] },
  });
}

/** The image's own command, with an address of its own, so that port 80 of this machine may be in use. */
function startController(container: string, apiServer: string): ChildProcess {
  const names = ["--env", "POD_NAME=headgate-0", "--env", "POD_NAMESPACE=headgate"];
  const flags = [`--apiserver-host=${apiServer}`, `--bind-address=${ADDRESS}`, `--healthz-host=${ADDRESS}`];
  const command = [
    "/usr/local/bin/node",
    "--disable-sigusr1",
    "--max-semi-space-size=8",
    "/app/dist/main.js",
    "controller",
    ...flags,
    "--disable-leader-election",
  ];
  const args = ["run", "--isolation", "chroot", ...names, container, "--", ...command];
  return spawn("buildah", args, { stdio: ["ignore", "ignore", "inherit"] });
}

async function get(path: string, port = 80): Promise<{ readonly status: number; readonly body: string }> {
  const sent = request({ host: ADDRESS, port, path, agent: false, signal: AbortSignal.timeout(DEADLINE_MS) });
  sent.end();
  const [response] = await once(sent, "response");
  return { status: response.statusCode, body: await text(response) };
}

async function untilReady(): Promise<void> {
  await until("the controller is not ready", async () => (await get("/readyz", 10_254)).status === 200);
}

async function untilRefused(): Promise<void> {
  await until(
    "new connections are still accepted",
    async () => {
      await get("/");
      return false;
    },
    "failure-is-success",
  );
}

async function until(
  what: string,
  test: () => Promise<boolean>,
  onError: "again" | "failure-is-success" = "again",
): Promise<void> {
  for (let tries = 0; tries < DEADLINE_MS / 200; tries++) {
    try {
      if (await test()) return;
    } catch {
      if (onError === "failure-is-success") return;
    }
    await sleep(200);
  }
  throw new Error(what);
}
