import { join, resolve } from "node:path";
import { FakeApiServer } from "../../test/support/servers/fake-api-server/fake-api-server.ts";
import { freePort, type Running, startPinned } from "../support/processes.ts";
import { untilReady } from "../support/until-ready.ts";
import { headgateObjects } from "./headgate-objects.ts";
import type { Setup } from "./setup.ts";

const MAIN = resolve(import.meta.dirname, "../../src/main.ts");
const READY_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * `headgate controller` as in a cluster, against an API server that holds the profile's objects: control plane, metrics and all.
 * One worker thread, as the other proxies have one.
 */
export async function startHeadgate(setup: Setup): Promise<Running> {
  const api = await FakeApiServer.open();
  for (const object of headgateObjects(setup)) api.put(object);
  // What is left running when the start fails would keep the whole benchmark from ending.
  const running = await startOn(api.kubeconfig, setup).catch(async (error: unknown) => {
    await api[Symbol.asyncDispose]();
    throw error;
  });
  return {
    ...running,
    stop: async () => {
      await running.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

async function startOn(kubeconfig: string, setup: Setup): Promise<Running> {
  const { directory, core, httpPort, httpsPort, profile, logFile } = setup;
  const adminPort = await freePort();
  const flags = {
    kubeconfig,
    configmap: "bench/headgate",
    "bind-address": "127.0.0.1",
    "http-port": httpPort,
    "https-port": httpsPort,
    "healthz-host": "127.0.0.1",
    "healthz-port": adminPort,
    "worker-processes": 1,
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const running = await startPinned({
    command: [process.execPath, ...setup.nodeOptions, MAIN, "controller", ...args],
    core,
    port: httpPort,
    stdoutFile: profile === "log" ? logFile : join(directory, "out.log"),
    stderrFile: join(directory, "error.log"),
  });
  try {
    await untilReady(adminPort, {
      deadlineMs: READY_DEADLINE_MS,
      lookEveryMs: LOOK_EVERY_MS,
      alive: () => running.alive(),
    });
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}
