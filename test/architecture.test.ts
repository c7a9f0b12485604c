import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** Folder → folders it may import. Every folder may import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  model: ["lib"],
  kubernetes: ["lib"],
  annotations: ["lib", "model", "kubernetes", "patterns"],
  patterns: ["lib"],
  translate: ["lib", "model", "kubernetes", "annotations", "patterns"],
  controller: ["lib", "model", "kubernetes", "translate"],
  wire: ["lib"],
  router: ["lib", "model", "patterns"],
  tls: ["lib", "model"],
  upstream: ["lib", "model", "wire"],
  proxy: ["lib", "model", "patterns", "wire", "router", "tls", "upstream"],
  workers: ["lib", "model", "tls", "proxy", "observability"],
  observability: ["lib", "model", "patterns"],
  admin: ["lib", "model"],
  config: ["lib", "model"],
};
/** Inside a folder that is divided into rooms: room → rooms of the same folder that it may import. Its door may import them all. */
const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  wire: {
    http: [],
    loop: [],
    seam: ["http"],
    socket: ["loop", "seam"],
    http1: ["http", "loop", "seam", "socket"],
    http2: ["http", "loop", "seam", "socket"],
  },
  upstream: {
    connections: [],
    balance: ["connections"],
    table: ["connections", "balance"],
    affinity: ["connections", "table"],
    send: ["connections", "affinity", "table"],
  },
  observability: {
    text: [],
    "request-metrics": [],
    "state-metrics": ["request-metrics"],
    "access-log": ["text"],
    logging: ["text", "request-metrics", "access-log"],
  },
};
/** The composition root imports everything. */
const COMPOSITION = new Set(["cli", "main.ts"]);
/** Folders without a door: any of their files may be imported. */
const OPEN = new Set(["lib", "model", "kubernetes"]);

/** Package → the only places that may import it (a path prefix below src). */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  "@kubernetes/client-node": ["controller/"],
  "prom-client": ["observability/"],
  "node-forge": ["tls/self-signed.ts"],
  re2js: ["patterns/parse-class.ts"],
  yaml: ["controller/", "cli/"],
  undici: ["controller/", "proxy/"],
  "node:net": ["wire/", "tls/", "proxy/listener/", "lib/ip-address.ts", "cli/demo/"],
  "node:tls": ["wire/", "tls/", "proxy/listener/"],
  "node:http2": ["wire/http2/", "cli/demo/"],
  "node:http": ["admin/", "cli/", "controller/admission/"],
  "node:https": ["controller/"],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
const imports = files.flatMap((file) => importsOf(file));

describe("the import table", () => {
  test("is checked against real files and imports", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
    expect([...new Set(files.map(folderOf))].filter((folder) => !COMPOSITION.has(folder)).toSorted()).toEqual(
      Object.keys(MAY_IMPORT).toSorted(),
    );
  });

  test("allows every import between folders", () => {
    const local = imports.filter(({ to }) => to.startsWith("src/"));
    expect(local.filter((edge) => !isAllowed(edge)).map(format)).toEqual([]);
  });

  test("allows every import between the rooms of a folder", () => {
    expect(imports.filter((edge) => !isAllowedInside(edge)).map(format)).toEqual([]);
  });

  test("has every folder entered through its door", () => {
    const entering = imports.filter(({ from, to }) => to.startsWith("src/") && folderOf(from) !== folderOf(inSrc(to)));
    expect(entering.filter(({ to }) => !isDoor(inSrc(to))).map(format)).toEqual([]);
  });

  test("keeps each package in its home", () => {
    const strays = imports.filter(({ from, to }) => {
      const homes = PACKAGE_HOMES[to];
      return homes !== undefined && !homes.some((home) => from.startsWith(home));
    });
    expect(strays.map(format)).toEqual([]);
  });

  test("has no cycle between files", () => {
    expect(findCycle()).toEqual([]);
  });

  test("keeps files under 300 lines of code", () => {
    expect(files.filter((file) => codeLines(file) > 300)).toEqual([]);
  });
});

function importsOf(file: string): Import[] {
  const path = join(SRC, file);
  const { module } = parseSync(path, readFileSync(path, "utf8"));
  const requests = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) => entry.entries.flatMap((each) => each.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((entry) =>
      readFileSync(path, "utf8").slice(entry.moduleRequest.start + 1, entry.moduleRequest.end - 1),
    ),
  ];
  return requests.map((request) => ({
    from: file,
    to: request.startsWith(".") ? `src/${relative(SRC, resolve(dirname(path), request))}` : request,
  }));
}

/** Lines that are neither empty nor nothing but a comment or an import. */
function codeLines(file: string): number {
  const text = readFileSync(join(SRC, file), "utf8");
  const { comments, module } = parseSync(file, text);
  const left = [...comments, ...module.staticImports]
    .toSorted((a, b) => a.start - b.start)
    .reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
  return left.split("\n").filter((line) => line.trim() !== "").length;
}

function inSrc(path: string): string {
  return path.slice("src/".length);
}

function folderOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function isAllowed({ from, to }: Import): boolean {
  const folder = folderOf(from);
  const target = folderOf(inSrc(to));
  if (folder === target || COMPOSITION.has(folder)) return true;
  return MAY_IMPORT[folder]?.includes(target) ?? false;
}

/** True of what is not between two rooms of one folder. */
function isAllowedInside({ from, to }: Import): boolean {
  if (!to.startsWith("src/")) return true;
  const [folder = "", room = "", file] = from.split("/");
  const [targetFolder, targetRoom = "", targetFile] = inSrc(to).split("/");
  const rooms = ROOMS[folder];
  if (rooms === undefined || folder !== targetFolder || room === targetRoom || file === undefined) return true;
  return targetFile !== undefined && (rooms[room]?.includes(targetRoom) ?? false);
}

function isDoor(file: string): boolean {
  const folder = folderOf(file);
  return OPEN.has(folder) || COMPOSITION.has(folder) || file === `${folder}/${folder}.ts`;
}

function format({ from, to }: Import): string {
  return `${from} → ${to}`;
}

function findCycle(): string[] {
  const edges = new Map<string, string[]>();
  for (const { from, to } of imports) {
    if (to.startsWith("src/")) edges.set(from, [...(edges.get(from) ?? []), inSrc(to)]);
  }
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...trail, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
