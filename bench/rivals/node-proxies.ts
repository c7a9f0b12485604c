import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Running, startPinned } from "../support/processes.ts";
import type { Setup } from "./setup.ts";

const BENCH = resolve(import.meta.dirname, "..");

/** Whether `npm ci` has been run in `bench/`. */
export function hasNodeProxies(): boolean {
  return existsSync(join(BENCH, "node_modules/http-proxy")) && existsSync(join(BENCH, "node_modules/http-proxy-3"));
}

/** A server of the npm package `http-proxy` or `http-proxy-3`, with what their documentation says for keep-alive. */
export function startNodeProxy(packageName: "http-proxy" | "http-proxy-3"): (setup: Setup) => Promise<Running> {
  return ({ directory, core, httpPort, httpsPort, backendPort, certFile, keyFile }) => {
    const program = join(BENCH, "programs/node-proxy.ts");
    const ports = ["--http-port", httpPort, "--https-port", httpsPort, "--backend-port", backendPort].map(String);
    const files = ["--cert-file", certFile, "--key-file", keyFile];
    return startPinned({
      command: [process.execPath, program, "--package", packageName, ...ports, ...files],
      core,
      port: httpPort,
      stdoutFile: join(directory, "out.log"),
      stderrFile: join(directory, "error.log"),
    });
  };
}
