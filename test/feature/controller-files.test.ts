import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FileSourceOptions, openFileSource } from "../../src/controller/controller.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { KubernetesObject } from "../../src/kubernetes/objects.ts";
import type { Logger } from "../../src/lib/logger.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import { RecordingListener } from "../support/servers/recording-listener.ts";

interface Files {
  readonly source: ReturnType<typeof openFileSource>;
  readonly folder: string;
  readonly listener: RecordingListener;
  readonly path: (name: string) => string;
  readonly write: (name: string, text: string) => Promise<void>;
}

/** A file source on a fresh folder with these files, delivered once. */
async function openFiles(
  files: Readonly<Record<string, string>>,
  options: Partial<FileSourceOptions> = {},
): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-files-"));
  const path = (name: string): string => join(folder, name);
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), text);
  };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const listener = new RecordingListener();
  const source = openFileSource({
    paths: [folder],
    logger: silentLogger,
    clock: systemClock,
    pollMs: 60_000,
    ...options,
  });
  onTestFinished(async () => {
    await source.stop();
    await rm(folder, { recursive: true, force: true });
  });
  source.start(listener);
  await listener.until(() => listener.syncedKinds.size === 7, "the first look");
  return { source, folder, listener, path, write };
}

function service(name: string, port = 80): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  ports:\n    - port: ${port}\n`;
}

function names({ listener }: Files): readonly string[] {
  return [...listener.objects.keys()];
}

function servicePort(listener: RecordingListener, name: string): number | undefined {
  const object: KubernetesObject | undefined = listener.objects.get(`Service default/${name}`);
  return object?.kind === "Service" ? object.ports[0]?.port : undefined;
}

function messages({ listener }: Files): string {
  return [...listener.problemsByKey.values()]
    .flat()
    .map(({ at, message }) => (at === undefined ? message : `${at}: ${message}`))
    .join("\n");
}

describe("reading", () => {
  test("finds YAML and JSON in folders, several documents and lists", async () => {
    const files = await openFiles({
      "a.yaml": `${service("one")}---\n${service("two")}---\n# nothing\n`,
      "deep/er/b.yml": `apiVersion: v1\nkind: List\nitems:\n${service("three").replace(/^/gm, "    ").replace("    ", "  - ")}`,
      "c.json": JSON.stringify({ apiVersion: "v1", kind: "NamespaceList", items: [{ metadata: { name: "shop" } }] }),
      ".hidden/d.yaml": service("hidden"),
      "notes.txt": "not: [yaml",
    });
    expect(names(files)).toEqual([
      "Service default/one",
      "Service default/two",
      "Service default/three",
      "Namespace shop",
    ]);
    expect(messages(files)).toBe("");
  });

  test("earlier in the files is older, unless a file says when", async () => {
    const dated = service("dated").replace("  name", "  creationTimestamp: 2020-01-01T00:00:00Z\n  name");
    const { listener } = await openFiles({
      "b.yaml": service("third"),
      "a.yaml": `${service("first")}---\n${service("second")}---\n${dated}`,
    });
    const created = (name: string): number => listener.objects.get(`Service default/${name}`)?.meta.createdAtMs ?? 0;
    expect(created("dated")).toBe(Date.UTC(2020, 0, 1));
    expect(created("first")).toBeLessThan(created("second"));
    expect(created("second")).toBeLessThan(created("third"));
    expect(created("third")).toBeLessThan(created("dated"));
  });

  test("other kinds are skipped with one line, told once", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, info: (_fields, message) => void lines.push(message) };
    const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n";
    const files = await openFiles({ "a.yaml": deployment }, { logger });
    await files.write("b.yaml", service("web"));
    await files.listener.until(() => files.listener.objects.size === 1, "the second look");
    expect(lines).toEqual([
      `skipped one object of a kind that routes no traffic: Deployment web (${files.path("a.yaml")}:1:1)`,
    ]);
  });

  test("the last of two objects with one name is used, and that is said", async () => {
    const files = await openFiles({ "a.yaml": `${service("web", 1)}---\n${service("web", 2)}` });
    expect(servicePort(files.listener, "web")).toBe(2);
    const file = files.path("a.yaml");
    expect(messages(files)).toBe(`${file}:12:9: the object was given before, at ${file}:4:9; the last one is used`);
  });

  test("the same in two files", async () => {
    const files = await openFiles({ "a.yaml": service("web", 1), "b.yaml": `# b\n${service("web", 2)}` });
    expect(servicePort(files.listener, "web")).toBe(2);
    expect(messages(files)).toBe(
      `${files.path("b.yaml")}:5:9: the object was given before, at ${files.path("a.yaml")}:4:9; the last one is used`,
    );
    await rm(files.path("a.yaml"));
    await files.listener.until(() => files.listener.problemsByKey.size === 0, "one of them gone");
    expect(servicePort(files.listener, "web")).toBe(2);
  });

  test("folders that contain themselves end", async () => {
    const files = await openFiles({ "a.yaml": service("web") });
    await symlink(files.folder, files.path("again"));
    await files.write("b.yaml", service("api"));
    await files.listener.until(() => files.listener.objects.size === 2, "the second look");
    expect(names(files)).toEqual(["Service default/web", "Service default/api"]);
  });

  test("a path that does not exist is a problem until it appears", async () => {
    const folder = await mkdtemp(join(tmpdir(), "headgate-files-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "late.yaml");
    const files = await openFiles({}, { paths: [path] });
    expect(files.listener.problemsByKey.get(`File ${path}`)?.[0]?.reason).toBe("FileNotReadable");
    await writeFile(path, service("web"));
    await files.listener.until(() => files.listener.objects.size === 1, "the file");
    expect(files.listener.problemsByKey.size).toBe(0);
  });
});

describe("mistakes", () => {
  test("a syntax error names file, line and column, and costs only its document", async () => {
    const files = await openFiles({ "a.yaml": `${service("web")}---\nkind: [\n`, "b.yaml": service("api") });
    expect(names(files)).toEqual(["Service default/web", "Service default/api"]);
    expect(messages(files)).toMatch(new RegExp(`^${files.path("a.yaml")}:\\d+:\\d+: `));
  });

  test.each([
    ["a wrong value", service("web").replace("port: 80", "port: eighty"), ":7:13: expected a port number"],
    [
      "an unquoted annotation",
      service("web").replace("  name", "  annotations:\n    a/b: 5\n  name"),
      ":5:10: expected a string",
    ],
    ["no kind", "apiVersion: v1\nmetadata: {name: a}\n", ":1:1: expected a Kubernetes object"],
    [
      "an unknown field",
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rule: []\n",
      ":5:9: unknown field",
    ],
    [
      "a bomb of aliases",
      `kind: {metadata: &k0 [x]}\n${Array.from({ length: 8 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join()}]`).join("\n")}\n`,
      "unfold to too much",
    ],
    [
      "a bomb of merge keys",
      `kind: metadata\n${Array.from({ length: 30 }, (_, i) => (i === 0 ? "k0: &k0 {a: 1}" : `k${i}: &k${i} {<<: [*k${i - 1}, *k${i - 1}]}`)).join("\n")}\n`,
      "unfold to too much",
    ],
    [
      "a template",
      "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n",
      "a template that has to be rendered: helm template CHART | headgate dev -",
    ],
    [
      "a missing pathType",
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules:\n    - http:\n        paths:\n          - path: /\n            backend: {service: {name: a, port: {number: 80}}}\n",
      ":8:13: missing, and the API server would refuse the object: write pathType: Prefix, or Exact",
    ],
    [
      "a missing pathType of a regex",
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{http: {paths: [{path: "/a(/|$)(.*)", backend: {service: {name: a}}}]}}]}\n',
      ":4:32: missing, and the API server would refuse the object: write pathType: ImplementationSpecific",
    ],
  ])("%s is named with its place", async (_what, text, expected) => {
    const files = await openFiles({ "a.yaml": text });
    expect(messages(files)).toContain(expected);
  });

  test("a file that breaks keeps its last good configuration, and recovers", async () => {
    const files = await openFiles({ "a.yaml": `${service("one", 1)}---\n${service("two", 2)}` });
    const { listener } = files;
    await files.write("a.yaml", `${service("one", 11)}---\n${service("two", 22)}   broken: [\n`);
    await listener.until(() => listener.problemsByKey.size === 1, "the problem");
    expect([servicePort(listener, "one"), servicePort(listener, "two")]).toEqual([11, 2]);
    await files.write("a.yaml", service("one", 12));
    await listener.until(() => listener.problemsByKey.size === 0, "the recovery");
    expect([servicePort(listener, "one"), servicePort(listener, "two")]).toEqual([12, undefined]);
  });

  test("an object that breaks keeps its last good version", async () => {
    const files = await openFiles({ "a.yaml": service("web", 1) });
    const { listener } = files;
    await files.write("a.yaml", service("web", 2).replace("spec:", "spec: text\nother:"));
    await listener.until(() => listener.problemsByKey.has("Service default/web"), "the problem");
    expect(servicePort(listener, "web")).toBe(1);
  });
});

describe("what is no manifest", () => {
  test("files without Kubernetes objects are one line together, told once, and no problem", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, info: (_fields, message) => void lines.push(message) };
    const files = await openFiles(
      {
        "compose.yaml": "services: {web: {image: nginx}}\n",
        "mixed.yaml": `${service("web")}---\nsome: thing\n`,
        "package.json": '{"name":"shop","version":"1.0.0"}',
        "tags.yaml": "!!js/function 'x'\n",
        "values.yaml": "replicas: 3\n---\nmore: 1\n",
      },
      { logger },
    );
    await files.write("late.yaml", service("late"));
    await files.listener.until(() => files.listener.objects.size === 2, "the second look");
    const found = ["compose.yaml", "mixed.yaml:9:1", "package.json", "tags.yaml", "values.yaml"].map(files.path);
    expect(lines).toEqual([`skipped 5 files without Kubernetes objects: ${found.join(", ")}`]);
    expect(messages(files)).toBe("");
  });

  test.each([
    ["a Helm chart", { "chart/Chart.yaml": "apiVersion: v2\nname: shop\n" }, "helm template FOLDER | headgate dev -"],
    [
      "a kustomization with patches",
      { "chart/kustomization.yaml": "resources: [x.yaml]\npatches: [{path: p.yaml}]\n" },
      "kubectl kustomize FOLDER | headgate dev -",
    ],
    [
      "a kustomization of other folders",
      { "chart/kustomization.yml": "resources: [../base]\n" },
      "kubectl kustomize FOLDER | headgate dev -",
    ],
  ])("%s says how to render it, and its files are left alone", async (_what, tool, command) => {
    const files = await openFiles({
      ...tool,
      "chart/templates/x.yaml": "{{- if .Values.on }}\n",
      "chart/x.yaml": service("inside"),
      "web.yaml": service("web"),
    });
    expect(names(files)).toEqual(["Service default/web"]);
    expect(messages(files)).toContain(command.replace("FOLDER", files.path("chart")));
    await rm(files.path("chart"), { recursive: true });
    await files.listener.until(() => files.listener.problemsByKey.size === 0, "the folder's end");
  });

  test("a kustomization that only lists its files is served as it is, live", async () => {
    const files = await openFiles({
      "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [web.yaml]\n",
      "web.yaml": service("web"),
    });
    expect(names(files)).toEqual(["Service default/web"]);
    expect(messages(files)).toBe("");
  });

  test("standard input is read to its end, with places, in its turn among the paths", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const folder = await mkdtemp(join(tmpdir(), "headgate-files-"));
    await writeFile(join(folder, "a.yaml"), service("file"));
    resolve(`${service("piped").replace("port: 80", "port: eighty")}---\n${service("other")}`);
    const files = await openFiles({}, { paths: ["-", folder], readStdin: () => promise });
    expect(names(files)).toEqual(["Service default/piped", "Service default/other", "Service default/file"]);
    expect(messages(files)).toContain("stdin:7:13: expected a port number");
    await rm(folder, { recursive: true });
  });

  test("a source that still waits for standard input can be stopped", async () => {
    const source = openFileSource({
      paths: ["-"],
      logger: silentLogger,
      clock: systemClock,
      readStdin: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    });
    source.start(new RecordingListener());
    await expect(source.stop()).resolves.toBeUndefined();
  });
});

describe("places", () => {
  const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    example.com/x: "1"
    "nginx.ingress.kubernetes.io/y": "2"
spec:
  rules:
    - host: a.test
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service: { name: web, port: { number: 81 } }
`;
  const WEB = { kind: "Ingress", namespace: "default", name: "web" };

  test.each([
    ["metadata.annotations[example.com/x]", "6:20"],
    ["metadata.annotations[nginx.ingress.kubernetes.io/y]", "7:38"],
    ['metadata.annotations["nginx.ingress.kubernetes.io/y"]', "7:38"],
    ["metadata.annotations[nginx.ingress.kubernetes.io/missing]", "6:5"],
    ["spec.rules[0].host", "10:13"],
    ["spec.rules[0].http.paths[0].path", "13:19"],
    ["spec.rules[0].http.paths[0].backend.service.port", "16:43"],
    ["spec.rules[0].http.paths[7].path", "13:11"],
    ["spec.tls", "9:3"],
    ["", "1:1"],
  ])("the field %s of an object is found at %s", async (field, place) => {
    const { source, path } = await openFiles({ "a.yaml": `# first\n---\n${INGRESS}` });
    const [line = 0, column] = place.split(":").map(Number);
    expect(source.placeOf(WEB, field)).toBe(`${path("a.yaml")}:${line + 2}:${column}`);
  });

  test("they follow aliases and merge keys, lists and JSON", async () => {
    const merged = `x: &meta
  namespace: default
  annotations: &notes
    a/b: "1"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  <<: [*meta, {name: other}]
  name: web
spec:
  rules: []
`;
    const list = `apiVersion: v1\nkind: List\nitems:\n  - ${service("one").replaceAll("\n", "\n    ")}\n`;
    const json = JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "j" }, spec: { ports: [] } });
    const { source, path } = await openFiles({ "a.yaml": merged, "b.yaml": list, "c.json": json });
    const ofService = (name: string) => ({ kind: "Service", namespace: "default", name });
    expect([
      source.placeOf(WEB, "metadata.annotations[a/b]"),
      source.placeOf(WEB, "metadata.name"),
      source.placeOf(ofService("one"), "spec.ports[0].port"),
      source.placeOf(ofService("j"), "metadata.name"),
      source.placeOf(ofService("nobody"), "metadata.name"),
    ]).toEqual([
      `${path("a.yaml")}:4:10`,
      `${path("a.yaml")}:9:9`,
      `${path("b.yaml")}:10:17`,
      `${path("c.json")}:1:56`,
      null,
    ]);
  });

  test("they move with the text, and stay where a document is broken", async () => {
    const { source, path, write, listener } = await openFiles({ "a.yaml": INGRESS });
    await write("a.yaml", `# moved\n${INGRESS}---\n${service("web")}`);
    await listener.until(() => listener.objects.size === 2, "the change");
    expect(source.placeOf(WEB, "spec.rules[0].host")).toBe(`${path("a.yaml")}:11:13`);
    await write("a.yaml", `${INGRESS}  }\n`);
    await listener.until(() => listener.problemsByKey.size === 1, "the mistake");
    expect(source.placeOf(WEB, "spec.rules[0].host")).toBe(`${path("a.yaml")}:11:13`);
  });

  test("an anchor that many objects use is no bomb", async () => {
    const items = Array.from(
      { length: 500 },
      (_, i) => `- {kind: Service, apiVersion: v1, metadata: {name: s${i}, labels: *l}, spec: *s}`,
    );
    const files = await openFiles({
      "a.yaml": `x: {l: &l {a: "1", b: "2"}, s: &s {ports: [{port: 80}]}}\nkind: List\napiVersion: v1\nitems:\n${items.join("\n")}\n`,
    });
    expect(messages(files)).toBe("");
    expect(names(files)).toHaveLength(500);
  });

  test("merge keys count as kubectl counts them: a map's own keys win", async () => {
    const files = await openFiles({
      "a.yaml": `base: &base {name: base, labels: {a: "1"}}\n${service("own").replace("  name: own", "  <<: *base\n  name: own")}`,
    });
    expect(files.listener.objects.get("Service default/own")?.meta.labels.get("a")).toBe("1");
  });
});

describe("following", () => {
  test("who asks is told which files were read again, but not of the first reading", async () => {
    const told: (readonly string[])[] = [];
    const files = await openFiles({ "a.yaml": service("web", 1) }, { onReread: (paths) => void told.push(paths) });
    await files.write("a.yaml", service("web", 2));
    await files.listener.until(() => servicePort(files.listener, "web") === 2, "the change");
    expect(told).toEqual([[files.path("a.yaml")]]);
  });

  test("an object missing from a file that is just being written is not believed gone", async () => {
    const clock = new FakeClock();
    const files = await openFiles({ "a.yaml": service("web"), "b.yaml": service("api", 1) }, { clock });
    await files.write("a.yaml", "");
    await files.write("b.yaml", service("api", 2));
    await files.listener.until(() => servicePort(files.listener, "api") === 2, "the other file");
    expect(servicePort(files.listener, "web")).toBe(80);
    clock.advance(100);
    await files.listener.until(() => files.listener.objects.size === 1, "the emptied file");
  });

  test("a file that is away for a moment keeps its objects", async () => {
    const clock = new FakeClock();
    const files = await openFiles({ "a.yaml": service("web", 1), "b.yaml": service("api", 1) }, { clock });
    await rename(files.path("a.yaml"), files.path("a.yaml.old"));
    await files.write("b.yaml", service("api", 2));
    await files.write("a.yaml", service("web", 2));
    const seen: number[] = [];
    await files.listener.until(() => {
      seen.push(files.listener.objects.size);
      return servicePort(files.listener, "web") === 2;
    }, "the new file");
    expect(new Set(seen)).toEqual(new Set([2]));
  });

  test("changed, new and deleted files take effect", async () => {
    const files = await openFiles({ "a.yaml": service("web", 1) });
    const { listener } = files;
    await files.write("a.yaml", service("web", 2));
    await listener.until(() => servicePort(listener, "web") === 2, "the change");
    await files.write("b.yaml", service("api"));
    await listener.until(() => listener.objects.has("Service default/api"), "the new file");
    await rm(files.path("a.yaml"));
    await listener.until(() => !listener.objects.has("Service default/web"), "the deletion");
    expect(names(files)).toEqual(["Service default/api"]);
  });

  test("an editor that writes elsewhere and renames is followed, time and again", async () => {
    const files = await openFiles({ "a.yaml": service("web", 1) });
    for (let port = 2; port < 6; port++) {
      await files.write("a.yaml~", service("web", port));
      await rename(files.path("a.yaml~"), files.path("a.yaml"));
      await files.listener.until(() => servicePort(files.listener, "web") === port, `port ${port}`);
    }
  });

  test("folders made later are followed too", async () => {
    const files = await openFiles({});
    await files.write("new/folder/a.yaml", service("web", 1));
    await files.listener.until(() => servicePort(files.listener, "web") === 1, "the file in the new folder");
    await files.write("new/folder/a.yaml", service("web", 2));
    await files.listener.until(() => servicePort(files.listener, "web") === 2, "its change");
    await rm(files.path("new"), { recursive: true });
    await files.listener.until(() => files.listener.objects.size === 0, "its deletion");
  });

  test("where nothing can be watched, polling sees the change", async () => {
    const files = await openFiles(
      { "a.yaml": service("web", 1) },
      {
        pollMs: 10,
        watch: () => {
          throw new Error("ENOSPC: no space left for watches");
        },
      },
    );
    await files.write("a.yaml", service("web", 2));
    await files.listener.until(() => servicePort(files.listener, "web") === 2, "the change");
  });

  test("an unchanged object keeps its version when its file changes elsewhere", async () => {
    const files = await openFiles({ "a.yaml": `${service("one")}---\n${service("two", 1)}` });
    const before = files.listener.objects.get("Service default/one")?.meta;
    await files.write("a.yaml", `${service("one")}---\n${service("two", 2)}`);
    await files.listener.until(() => servicePort(files.listener, "two") === 2, "the change");
    const after = files.listener.objects.get("Service default/one")?.meta;
    expect([after?.resourceVersion, after?.uid]).toEqual([before?.resourceVersion, before?.uid]);
  });
});
