import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The program as the image runs it. */
export interface ImageProgram {
  /** The bundle's entry. */
  readonly main: string;
  /** Node's flags. */
  readonly nodeOptions: readonly string[];
}

const ROOT = resolve(import.meta.dirname, "../..");

/** Builds the bundle, and sets what the image sets of malloc's environment for every process that is started from now on. */
export function openImageProgram(): ImageProgram {
  const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
  for (const [, name = "", value = ""] of dockerfile.matchAll(/^ENV (MALLOC_\w+)=(\S+)$/gm)) process.env[name] = value;
  execFileSync(process.execPath, [join(ROOT, "image/bundle.ts")], { stdio: ["ignore", "ignore", "inherit"] });
  return { main: join(ROOT, "dist/main.js"), nodeOptions: entryFlags(dockerfile) };
}

/** `ENTRYPOINT ["/usr/local/bin/node", flag…, "/app/dist/main.js"]` */
function entryFlags(dockerfile: string): readonly string[] {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1];
  if (entry === undefined) throw new Error("the Dockerfile has no ENTRYPOINT");
  return (JSON.parse(entry) as readonly string[]).slice(1, -1);
}
