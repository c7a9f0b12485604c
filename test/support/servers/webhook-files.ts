import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { revealSecret } from "../../../src/lib/secret.ts";
import type { PemPair } from "../../../src/tls/tls.ts";

/** Certificate and key as files in a folder, as of a mounted Secret. */
export interface WebhookFiles {
  readonly certificatePath: string;
  readonly keyPath: string;
  /** Writes beside and moves over, as kubelet does it. */
  replace(pair: PemPair): Promise<void>;
  write(name: string, text: string): Promise<string>;
}

export async function webhookFiles(pair: PemPair): Promise<WebhookFiles> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-webhook-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    return path;
  };
  const replace = async ({ certPem, keyPem }: PemPair): Promise<void> => {
    await write("key", revealSecret(keyPem));
    await write("cert", certPem);
  };
  await replace(pair);
  return { certificatePath: join(folder, "cert"), keyPath: join(folder, "key"), replace, write };
}
