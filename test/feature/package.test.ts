import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { ask } from "../support/builders/http-request.ts";

// The package is built, packed and installed once; on a busy machine that takes many seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
const DEADLINE_MS = 100_000;

let folder = "";
let installed = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-package-"));
  const pack = ["pack", "--silent", "--pack-destination", folder];
  await run("npm", pack, { cwd: ROOT, timeout: DEADLINE_MS });
  await writeFile(join(folder, "package.json"), "{}");
  const tarball = join(folder, `headgate-${packageJson.version}.tgz`);
  const install = ["install", "--offline", "--no-audit", "--no-fund", tarball];
  await run("npm", install, { cwd: folder, timeout: DEADLINE_MS });
  installed = join(folder, "node_modules/headgate");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the npm package, installed from its tarball", () => {
  test("is built by npm pack, and brings all that it needs along", async () => {
    const entries = await readdir(join(folder, "node_modules"));
    expect(entries.filter((name) => !name.startsWith("."))).toEqual(["headgate"]);
    const files = await readdir(installed, { recursive: true });
    expect(files).toEqual(expect.arrayContaining(["dist/main.js", "dist/worker.js", "bin/headgate.cjs", "README.md"]));
    expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
  });

  test("prints its version", async () => {
    const command = join(folder, "node_modules/.bin/headgate");
    const { stdout } = await run(process.execPath, [command, "version"], { env: { XDG_CACHE_HOME: folder } });
    expect(stdout).toBe(`headgate ${packageJson.version}\n`);
  });

  test("serves manifests, with the threads of the built program", async () => {
    const command = join(installed, "bin/headgate.cjs");
    await using dev = await HeadgateProcess.installedDev(command, join(installed, "examples/quickstart"), "--demo");
    const answer = await ask({ port: dev.ports.http, host: "shop.localhost", path: "/" });
    expect(answer.status).toBe(200);
  });

  test("opens no inspector at SIGUSR1", async () => {
    const command = join(installed, "bin/headgate.cjs");
    await using dev = await HeadgateProcess.installedDev(command, join(installed, "examples/quickstart"), "--demo");
    dev.kill("SIGUSR1");
    expect((await ask({ port: dev.ports.http, host: "shop.localhost", path: "/" })).status).toBe(200);
    dev.kill("SIGTERM");
    expect(await dev.exited).toBe(0);
    expect(dev.output).not.toContain("Debugger listening");
  });

  test("names the packages in it, with their licences", async () => {
    const bom = JSON.parse(await readFile(join(installed, "dist/sbom.cdx.json"), "utf8")) as {
      components: { name: string; version: string }[];
    };
    const undici = bom.components.find(({ name }) => name === "undici");
    expect(undici?.version).toBe(packageJson.devDependencies.undici);
    expect(bom.components.map(({ name }) => name)).not.toContain("vitest");
    const licences = await readFile(join(installed, "dist/LICENSES.txt"), "utf8");
    for (const { name, version } of bom.components) expect(licences).toContain(`${name}@${version} (`);
  });
});
