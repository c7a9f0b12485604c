import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { FILTERS, HOST_FILTERS } from "../src/proxy/filters/order.ts";

const SRC = resolve(import.meta.dirname, "../src");
const BENCH = resolve(import.meta.dirname, "../bench");

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
/** Inside a folder that is divided into rooms: room → rooms before it in the list that it may import. The folder's door may import them all. */
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
  proxy: {
    answers: [],
    request: ["answers"],
    forward: ["answers", "request"],
    filters: ["answers", "request", "forward"],
    exchange: ["answers", "request", "forward"],
    runtime: ["request", "forward", "filters"],
    listener: [],
  },
  annotations: {
    entries: [],
    features: ["entries"],
    "config-keys": ["entries", "features"],
    reading: ["entries", "features", "config-keys"],
  },
  // What an API's objects become stands in a room of its own; what both share knows neither.
  translate: {
    shared: [],
    filters: ["shared"],
    ingress: ["shared", "filters"],
    review: ["shared", "ingress"],
  },
  observability: {
    text: [],
    "request-metrics": [],
    "state-metrics": ["request-metrics"],
    "access-log": ["text"],
    logging: ["text", "request-metrics", "access-log"],
  },
};
/** Files of model/filters that hold what several filters have in common. */
const FILTER_TABLES = ["filters.ts", "host-filters.ts", "header-edits.ts"];
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
  "node:net": ["wire/", "tls/", "proxy/listener/", "cli/demo/"],
  "node:tls": ["wire/", "tls/", "proxy/listener/"],
  "node:http2": ["wire/http2/", "cli/demo/"],
  "node:http": ["admin/", "cli/", "controller/admission/"],
  "node:https": ["controller/"],
};

/** Names that may be imported anywhere: what they say of a text needs no home. */
const NAMES_WITHOUT_HOME: Readonly<Record<string, readonly string[]>> = { "node:net": ["isIP", "isIPv4", "isIPv6"] };

/** Entries of processes and threads: the only places that take the system's clock. What else they read of it is a rule of oxlint. */
const ENTRIES = ["cli/", "main.ts", "workers/worker.ts"];

interface Import {
  /** A path below the root that is looked at. */
  readonly from: string;
  /** `src/…`, a path below the root after its name, or a package. */
  readonly to: string;
  /** Names of the other file; empty where all of it is imported. */
  readonly names: readonly string[];
}

const files = sourceFiles(SRC);
const imports = files.flatMap((file) => importsOf(SRC, file));

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

  test("lists the rooms of a folder from the bottom to the top", () => {
    const upward = Object.entries(ROOMS).flatMap(([folder, rooms]) => {
      const order = Object.keys(rooms);
      return Object.entries(rooms).flatMap(([room, others]) =>
        others
          .filter((other) => order.indexOf(other) >= order.indexOf(room))
          .map((other) => `${folder}: ${room} → ${other}`),
      );
    });
    expect(upward).toEqual([]);
  });

  test("keeps each package in its home", () => {
    const strays = imports.filter(({ from, to, names }) => {
      const homes = PACKAGE_HOMES[to];
      if (homes === undefined || startsWithAny(from, homes)) return false;
      return names.length === 0 || !names.every((name) => NAMES_WITHOUT_HOME[to]?.includes(name));
    });
    expect(strays.map(format)).toEqual([]);
  });

  test("hands time in from the entries", () => {
    const takers = imports.filter(({ from, names }) => names.includes("systemClock") && !startsWithAny(from, ENTRIES));
    expect(takers.map(format)).toEqual([]);
    const readers = files.filter((file) => /\bnew Date\(\)/.test(readFileSync(join(SRC, file), "utf8")));
    expect(readers.filter((file) => !startsWithAny(file, ENTRIES))).toEqual([]);
  });

  test("keeps files under 300 lines of code", () => {
    expect(files.filter((file) => codeLines(file) > 300)).toEqual([]);
  });
});

describe("a filter has one name in every folder", () => {
  const kinds = [...Object.keys(FILTERS).filter((kind) => !kind.startsWith("(")), ...Object.keys(HOST_FILTERS)];
  const fileOf = (kind: string): string => `${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;

  test("its data has a file in model/filters and what it does has one in proxy/filters", () => {
    const missing = kinds.flatMap((kind) => {
      const paths = [`model/filters/${fileOf(kind)}`, `proxy/filters/${fileOf(kind)}`];
      return paths.filter((path) => !files.includes(path));
    });
    expect(missing).toEqual([]);
  });

  test("every file in model/filters is that of a filter which stands in the order", () => {
    const written = files.filter((file) => file.startsWith("model/filters/")).map((file) => file.split("/").at(-1));
    const known = new Set<string | undefined>([...FILTER_TABLES, ...kinds.map(fileOf)]);
    expect(written.filter((file) => !known.has(file))).toEqual([]);
  });
});

describe("imports run in one direction", () => {
  test("between the rooms and files of every folder of the program", () => {
    const circles = circlesOf(imports, "src");
    expect(circles.flatMap(({ edges }) => edges)).toEqual([]);
  });

  test("between those of the benchmarks", () => {
    const edges = sourceFiles(BENCH).flatMap((file) => importsOf(BENCH, file));
    expect(edges.length).toBeGreaterThan(100);
    expect(circlesOf(edges, "bench").flatMap((circle) => circle.edges)).toEqual([]);
  });

  test("between files, also where rooms are entangled", () => {
    const steps = imports.filter(({ to }) => to.startsWith("src/")).map(({ from, to }) => ({ from, to: inSrc(to) }));
    expect(steps.filter(({ from, to }) => reaches(steps, to, from)).map(format)).toEqual([]);
  });
});

function sourceFiles(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
}

function importsOf(root: string, file: string): Import[] {
  const path = join(root, file);
  const text = readFileSync(path, "utf8");
  const { module } = parseSync(path, text);
  const nameOf = (name: string | null | undefined): readonly string[] => (name == null ? [] : [name]);
  const requests: readonly (readonly [request: string, names: readonly string[]])[] = [
    ...module.staticImports.map(
      ({ moduleRequest, entries }) =>
        [moduleRequest.value, entries.flatMap(({ importName }) => nameOf(importName.name))] as const,
    ),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, importName }) =>
        moduleRequest === null ? [] : [[moduleRequest.value, nameOf(importName.name)] as const],
      ),
    ),
    ...module.dynamicImports.map(
      ({ moduleRequest }) => [text.slice(moduleRequest.start + 1, moduleRequest.end - 1), []] as const,
    ),
  ];
  return requests.map(([request, names]) => ({
    from: file,
    to: request.startsWith(".") ? `${basename(root)}/${relative(root, resolve(dirname(path), request))}` : request,
    names,
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

function startsWithAny(path: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => path.startsWith(beginning));
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

function format({ from, to }: Pick<Import, "from" | "to">): string {
  return `${from} → ${to}`;
}

interface Circle {
  /** A path below the root; empty for the root itself. */
  readonly folder: string;
  readonly edges: readonly string[];
}

/** In each folder: the imports between its files and subfolders that lead back to where they began. */
function circlesOf(edges: readonly Import[], root: string): Circle[] {
  const inside = edges.filter(({ to }) => to.startsWith(`${root}/`) && !to.startsWith(`${root}/../`));
  const folders = new Set(inside.flatMap(({ from }) => foldersAbove(from)));
  return [...folders].map((folder) => {
    const steps = inside.flatMap(({ from, to }) => {
      const step = { from: partIn(folder, from), to: partIn(folder, to.slice(root.length + 1)) };
      return step.from === null || step.to === null || step.from === step.to ? [] : [{ from: step.from, to: step.to }];
    });
    return { folder, edges: [...new Set(steps.filter(({ from, to }) => reaches(steps, to, from)).map(format))] };
  });
}

/** Those that a file lies in, the root (empty) among them. */
function foldersAbove(file: string): readonly string[] {
  const parts = file.split("/");
  return parts.map((_, depth) => parts.slice(0, depth).join("/"));
}

/** The file or subfolder of a folder that a file is, or lies in; null when it lies elsewhere. */
function partIn(folder: string, file: string): string | null {
  const prefix = folder === "" ? "" : `${folder}/`;
  if (!file.startsWith(prefix)) return null;
  return prefix + (file.slice(prefix.length).split("/")[0] ?? "");
}

/** Whether the steps lead from one to the other. */
function reaches(steps: readonly Pick<Import, "from" | "to">[], start: string, goal: string): boolean {
  const next = Map.groupBy(steps, ({ from }) => from);
  const seen = new Set([start]);
  for (const at of seen) for (const { to } of next.get(at) ?? []) seen.add(to);
  return seen.has(goal);
}
