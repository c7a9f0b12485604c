import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractBinary } from "./kubectl-layer.ts";

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const RUN_MS = 45_000;

/** Runs the real kubectl 1.35 against a server; `input` goes to its standard input. Never runs longer than 45 s. */
export async function kubectl(kubeconfig: string, args: readonly string[], input = ""): Promise<KubectlResult> {
  const binary = await extractBinary("kubectl/kubectl");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(tmpdir(), "headgate-kubectl-home"),
    KUBECONFIG: kubeconfig,
  };
  return await new Promise((resolve) => {
    const child = execFile(binary, args, { env, timeout: RUN_MS, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
