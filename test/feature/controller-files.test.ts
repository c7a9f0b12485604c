import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FileSourceOptions, openFileSource } from "../../src/controller/controller.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { KubernetesObject } from "../../src/kubernetes/objects.ts";
import type { Logger } from "../../src/lib/logger.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { RecordingListener } from "../support/recording-listener.ts";

interface Files {
  readonly folder: string;
  readonly listener: RecordingListener;
  path(name: string): string;
  write(name: string, text: string): Promise<void>;
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
  return { folder, listener, path, write };
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
    .map((problem) => problem.message)
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

  test("other kinds are skipped with one line each, told once", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, info: (_fields, message) => void lines.push(message) };
    const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n";
    const files = await openFiles({ "a.yaml": deployment }, { logger });
    await files.write("b.yaml", service("web"));
    await files.listener.until(() => files.listener.objects.size === 1, "the second look");
    expect(lines).toEqual([`skipped ${files.path("a.yaml")}:1:1: Deployment web: not a kind that routes traffic`]);
  });

  test("the last of two objects with one name is used, and that is said", async () => {
    const files = await openFiles({ "a.yaml": `${service("web", 1)}---\n${service("web", 2)}` });
    expect(servicePort(files.listener, "web")).toBe(2);
    expect(messages(files)).toContain(`${files.path("a.yaml")}:12:9: the object was given before`);
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
    ["no kind", "a: 1\n", ":1:1: expected a Kubernetes object"],
    [
      "an unknown field",
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rule: []\n",
      ":5:9: unknown field",
    ],
    [
      "a bomb of aliases",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      ": Excessive alias count",
    ],
    ["a tag that means nothing", "!!js/function 'x'\n", ":1:15: expected a Kubernetes object"],
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

describe("following", () => {
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
