import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import packageJson from "../../package.json" with { type: "json" };

vi.setConfig({ testTimeout: 60_000 });

const ROOT = resolve(import.meta.dirname, "../..");

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function headgate(...args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [resolve(ROOT, "src/main.ts"), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: code as number | null, stdout, stderr };
}

describe("the command line", () => {
  test.each([["version"], ["--version"], ["dev", "--version"]])("%s prints the version", async (...args) => {
    expect(await headgate(...args)).toEqual({ code: 0, stdout: `headgate ${packageJson.version}\n`, stderr: "" });
  });

  test.each([[], ["help"], ["--help"]])("without a command, or with help, all commands are listed", async (...args) => {
    const { code, stdout } = await headgate(...args);
    expect(code).toBe(0);
    for (const command of ["controller", "dev", "version", "help"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  test.each([
    ["help", "dev"],
    ["dev", "--help"],
  ])("%s %s lists the flags of dev mode", async (...args) => {
    const { code, stdout } = await headgate(...args);
    expect(code).toBe(0);
    for (const flag of ["--map", "--demo", "--http-port", "--https-port", "--healthz-port", "--bind-address"]) {
      expect(stdout).toContain(flag);
    }
  });

  test("a command that does not exist exits 2 and says so", async () => {
    const { code, stderr } = await headgate("serve");
    expect(code).toBe(2);
    expect(stderr).toContain('there is no command "serve"');
  });

  test("all wrong flags are named at once, with exit code 2", async () => {
    const { code, stderr } = await headgate("dev", "--http-port", "many", "--map", "web");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^headgate dev: --http-port many: /m);
    expect(stderr).toMatch(/^headgate dev: --map web: /m);
    expect(stderr).toMatch(/^headgate dev: PATH: /m);
  });

  test("a port that is taken is one line and exit code 1", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const ports = ["--http-port", port, "--https-port", "0", "--healthz-port", "0"];
    const { code, stdout, stderr } = await headgate("dev", "examples/quickstart", ...ports);
    expect(code).toBe(1);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\S+Z error could not start: cannot listen on 127\.0\.0\.1:\d+ .*already\n$/);
  });
});
