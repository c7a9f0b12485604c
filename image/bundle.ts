import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";
import { asciiOnly } from "./ascii-only.ts";
import { bundledPackages, formatLicences, formatSbom, type PackageFacts } from "./bundled-packages.ts";

/**
 * `npm run build`: the program and all that it imports as a few files of JavaScript in `dist`, for the npm package and the image, with
 * the list of the packages in them and their licences.
 */

const ROOT = join(import.meta.dirname, "..");
const OUTPUT = join(ROOT, "dist");

rmSync(OUTPUT, { recursive: true, force: true });
const { output } = await build({
  cwd: ROOT,
  // Threads begin in files of their own, beside the one that starts them.
  input: ["src/main.ts", ...globSync("src/**/*worker.ts", { cwd: ROOT })],
  platform: "node",
  write: false,
  output: {
    dir: OUTPUT,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    // Every thread has a copy of the text of its modules. Names and lines stay, for stack traces and profiles.
    comments: false,
  },
});
const chunks = output.filter((part) => part.type === "chunk");
mkdirSync(OUTPUT, { recursive: true });
for (const { fileName, code } of chunks) writeFileSync(join(OUTPUT, fileName), asciiOnly(code));
const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as PackageFacts;
const packages = bundledPackages(chunks.flatMap(({ moduleIds }) => moduleIds));
writeFileSync(join(OUTPUT, "sbom.cdx.json"), formatSbom(own, packages));
writeFileSync(join(OUTPUT, "LICENSES.txt"), formatLicences(packages));
