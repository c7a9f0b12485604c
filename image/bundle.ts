import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";

/** `npm run bundle`: the program and all that it imports as a few files of JavaScript in `dist/bundle`, for the image. */

const ROOT = join(import.meta.dirname, "..");
const OUTPUT = join(ROOT, "dist/bundle");

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

rmSync(OUTPUT, { recursive: true, force: true });
await build({
  cwd: ROOT,
  // Threads begin in files of their own, beside the one that starts them.
  input: ["src/main.ts", ...globSync("src/**/*worker.ts", { cwd: ROOT })],
  platform: "node",
  output: { dir: join(OUTPUT, "dist"), format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
});
const { name, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as PackageJson;
mkdirSync(OUTPUT, { recursive: true });
writeFileSync(join(OUTPUT, "package.json"), `${JSON.stringify({ name, version, license, type: "module" }, null, 2)}\n`);
