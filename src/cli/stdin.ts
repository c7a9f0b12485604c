import { stdin } from "node:process";

/** As much as a cluster's manifests ever come to; more is no list of manifests. */
const LIMIT_BYTES = 256 * 1_048_576;

/** Standard input up to its end, as text; rejects when the signal says so, or when it is too long. */
export async function readStdin(signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onAbort = (): void => void stdin.destroy(new Error("stopped"));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > LIMIT_BYTES) throw new Error(`longer than ${LIMIT_BYTES} bytes`);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  return Buffer.concat(chunks).toString("utf8");
}
