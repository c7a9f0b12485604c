import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { openApiSource } from "../../src/controller/controller.ts";
import { apiSourceOptions, openApiSourceHarness, QUICK_TIMING } from "../support/servers/api-source-harness.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { RecordingListener } from "../support/servers/recording-listener.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

const ALL_KINDS = ["ConfigMap", "EndpointSlice", "Ingress", "IngressClass", "Namespace", "Secret", "Service"];

function service(name: string, namespace = "shop", port = 80): Parameters<FakeApiServer["put"]>[0] {
  return { kind: "Service", metadata: { name, namespace }, spec: { ports: [{ port }] } };
}

function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Parameters<FakeApiServer["put"]>[0] {
  return { kind: "Namespace", metadata: { name, labels } };
}

function kindsSynced(listener: RecordingListener): readonly string[] {
  return [...listener.syncedKinds].sort();
}

function requestsOf(server: FakeApiServer, part: string): readonly string[] {
  return server.requests.map((request) => request.url).filter((url) => url.includes(part));
}

describe("list and watch", () => {
  test("every kind is listed once and then followed", async () => {
    await using harness = await openApiSourceHarness({}, (server) => void server.put(service("web")));
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.size === 7, "all kinds");
    expect(kindsSynced(listener)).toEqual(ALL_KINDS);
    expect(listener.objects.has("Service shop/web")).toBe(true);
    server.put(service("api"));
    await listener.until(() => listener.objects.has("Service shop/api"), "the new Service");
    server.delete("Service", "shop", "web");
    await listener.until(() => !listener.objects.has("Service shop/web"), "the deletion");
    expect(requestsOf(server, "/services?limit=")).toHaveLength(1);
    expect(requestsOf(server, "/services?watch=1")[0]).toContain("allowWatchBookmarks=true");
  });

  test("a list in many pages is one state", async () => {
    await using harness = await openApiSourceHarness({}, (server) => {
      server.pages.largestPage = 3;
      for (let i = 0; i < 10; i++) server.put(service(`web-${i}`));
    });
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Service"), "the list");
    expect([listener.objects.size, requestsOf(server, "/services?limit=").length]).toEqual([10, 4]);
    expect(listener.calls.filter((call) => call === "replace Service")).toHaveLength(1);
  });

  test("Helm's release Secrets are not asked for", async () => {
    await using harness = await openApiSourceHarness({}, (server) => {
      server.put({ kind: "Secret", metadata: { name: "tls", namespace: "shop" }, type: "kubernetes.io/tls" });
      server.put({ kind: "Secret", metadata: { name: "release", namespace: "shop" }, type: "helm.sh/release.v1" });
    });
    const { listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Secret"), "the Secrets");
    expect([...listener.sighted.keys()]).toEqual(["Secret shop/tls"]);
  });

  test("after a bookmark a broken watch goes on from there", async () => {
    await using harness = await openApiSourceHarness({}, (server) => void server.put(service("web")));
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Service"), "the list");
    server.put(namespace("moves-the-version-on"));
    const version = String(server.log.version);
    await untilTrue(() => server.watches.count("services") === 1);
    server.watches.sendBookmarks();
    server.watches.breakAll("end");
    await untilTrue(
      () => requestsOf(server, `/services?watch=1&allowWatchBookmarks=true&resourceVersion=${version}`).length > 0,
    );
    expect(requestsOf(server, "/services?limit=")).toHaveLength(1);
  });
});

describe("trouble", () => {
  test.each(["status", "event"] as const)(
    "a position that is too old (as %s) leads to a new list and no emptiness",
    async (goneAs) => {
      await using harness = await openApiSourceHarness({}, (server) => {
        server.goneAs = goneAs;
        for (const name of ["a", "b"]) server.put(service(name));
      });
      const { server, listener } = harness;
      await untilTrue(() => server.watches.count("services") === 1);
      server.faults.next("watch", { kind: "reset" }, "services");
      server.watches.breakAll("reset");
      server.delete("Service", "shop", "a");
      server.put(service("c"));
      server.log.compact();
      await listener.until(
        () => listener.objects.has("Service shop/c") && !listener.objects.has("Service shop/a"),
        "the new state",
      );
      expect(listener.calls.filter((call) => call.startsWith("remove"))).toEqual([]);
      expect(listener.objects.has("Service shop/b")).toBe(true);
    },
  );

  test("a list that breaks off, or whose continue token expires, deletes nothing", async () => {
    await using harness = await openApiSourceHarness({}, (server) => {
      server.pages.largestPage = 2;
      for (const name of ["a", "b", "c"]) server.put(service(name));
    });
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Service"), "the list");
    const sizes: number[] = [];
    server.faults.next("list", { kind: "truncate", bytes: 60 }, "services");
    server.faults.next("list", { kind: "status", status: 410 }, "services");
    server.log.compact();
    server.put(service("d"));
    server.log.compact();
    server.watches.breakAll("gone-event");
    await listener.until(() => {
      sizes.push([...listener.objects.keys()].filter((id) => id.startsWith("Service")).length);
      return listener.objects.has("Service shop/d");
    }, "the whole list");
    expect(Math.min(...sizes)).toBe(3);
  });

  test("401 makes the token be read again", async () => {
    const server = await FakeApiServer.open();
    server.token = "second";
    await server.writeKubeconfig("first");
    const source = openApiSource(apiSourceOptions(server));
    const listener = new RecordingListener();
    onTestFinished(async () => {
      await source.stop();
      await server[Symbol.asyncDispose]();
    });
    source.start(listener);
    await listener.until(() => listener.problemsByKey.size > 0, "the refusal as a problem");
    expect([...listener.problemsByKey.values()][0]?.[0]).toMatchObject({ reason: "AccessRefused", severity: "error" });
    await server.writeKubeconfig("second");
    await listener.until(() => listener.syncedKinds.size === 7 && listener.problemsByKey.size === 0, "access");
  });

  test("403 on one kind keeps its state and stops no other", async () => {
    await using harness = await openApiSourceHarness({}, (server) => {
      server.put({ kind: "Secret", metadata: { name: "tls", namespace: "shop" } });
    });
    const { server, listener } = harness;
    await untilTrue(() => server.watches.count("secrets") === 1 && server.watches.count("services") === 1);
    server.faults.always("list", { kind: "status", status: 403 }, "secrets");
    server.faults.always("watch", { kind: "status", status: 403 }, "secrets");
    server.watches.breakAll("gone-event");
    await listener.until(() => listener.problemsByKey.size > 0, "the problem");
    server.put(service("web"));
    await listener.until(() => listener.objects.has("Service shop/web"), "the Service");
    expect(listener.sighted.has("Secret shop/tls")).toBe(true);
    server.faults.clear();
    await listener.until(() => listener.problemsByKey.size === 0, "the end of the problem");
  });

  test("an install that may not see IngressClasses works without them", async () => {
    await using harness = await openApiSourceHarness({ watchNamespace: "shop" }, (server) => {
      server.faults.always("list", { kind: "status", status: 403 }, "ingressclasses");
    });
    const { listener } = harness;
    await listener.until(() => listener.syncedKinds.size === 7, "all kinds");
    expect([...listener.problemsByKey.values()].flat().map((problem) => problem.severity)).toEqual(["warning"]);
  });

  test("where every namespace is served, nothing is chosen without IngressClasses, however long they are refused", async () => {
    await using harness = await openApiSourceHarness({}, (server) => {
      server.faults.always("list", { kind: "status", status: 403 }, "ingressclasses");
    });
    const { listener, server } = harness;
    await listener.until(() => listener.syncedKinds.size === 6, "all other kinds");
    await untilTrue(() => requestsOf(server, "/ingressclasses?limit=").length > 3);
    expect(listener.syncedKinds.has("IngressClass")).toBe(false);
    expect([...listener.problemsByKey.values()].flat().map(({ reason }) => reason)).toEqual(["AccessRefused"]);
    server.faults.clear();
    await listener.until(() => listener.syncedKinds.has("IngressClass"), "the IngressClasses");
  });

  test("a server that does not know its roles yet hides no IngressClass from an install of one namespace", async () => {
    const timing = { ...QUICK_TIMING, refusedGraceMs: 60_000 };
    await using harness = await openApiSourceHarness({ watchNamespace: "shop", timing }, (server) => {
      server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
      for (let i = 0; i < 3; i++) server.faults.next("list", { kind: "status", status: 403 }, "ingressclasses");
    });
    const { listener } = harness;
    await listener.until(() => listener.syncedKinds.has("IngressClass"), "the IngressClasses");
    expect(listener.objects.has("IngressClass nginx")).toBe(true);
  });

  test("Retry-After is honoured: who was told to wait an hour waits while others try again and again", async () => {
    const timing = { ...QUICK_TIMING, backOffFirstMs: 1, backOffMaxMs: 2 };
    await using harness = await openApiSourceHarness({ timing }, (server) => {
      server.faults.next("list", { kind: "status", status: 429, retryAfterSeconds: 3600 }, "services");
      for (let i = 0; i < 30; i++) server.faults.next("list", { kind: "status", status: 429 }, "endpointslices");
    });
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("EndpointSlice"), "the list after thirty refusals");
    expect(requestsOf(server, "/endpointslices?limit=")).toHaveLength(31);
    expect(requestsOf(server, "/services?limit=")).toHaveLength(1);
  });

  test("when the time of Retry-After is over, the list is asked for again", async () => {
    await using harness = await openApiSourceHarness({}, (server) => {
      server.faults.next("list", { kind: "status", status: 429, retryAfterSeconds: 1 }, "services");
    });
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Service"), "the list");
    expect(requestsOf(server, "/services?limit=")).toHaveLength(2);
  });

  test("a connection that falls silent is given up", async () => {
    await using harness = await openApiSourceHarness({ timing: { ...QUICK_TIMING, watchIdleMs: 100 } });
    const { server, listener } = harness;
    await untilTrue(() => server.watches.count("services") === 1);
    server.watches.silence(true);
    server.put(service("web"));
    await untilTrue(() => requestsOf(server, "/services?watch=1").length > 1);
    server.watches.silence(false);
    await listener.until(() => listener.objects.has("Service shop/web"), "the Service after the silence");
    expect(harness.source.stats().get("/api/v1/services")?.failures).toBe(0);
  });

  test("tells of each kind how long the API server has not been heard, from the start on", async () => {
    let nowMs = 1_000_000;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    await using harness = await openApiSourceHarness({ clock });
    const { server, source, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Service"), "the first list");
    nowMs += 70_000;
    expect(source.silencesMs().get("Service")).toBe(70_000);
    server.put(service("web"));
    await listener.until(() => listener.objects.has("Service shop/web"), "the Service");
    expect(source.silencesMs().get("Service")).toBe(0);
    nowMs -= 500;
    expect(source.silencesMs().get("Service")).toBe(0);
  });

  test("an object that cannot be read is a problem, keeps its last good version and harms no other", async () => {
    await using harness = await openApiSourceHarness({}, (server) => void server.put(service("web", "shop", 81)));
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Service"), "the list");
    server.put({ kind: "Service", metadata: { name: "web", namespace: "shop" }, spec: "nonsense" });
    server.put(service("api"));
    await listener.until(() => listener.objects.has("Service shop/api"), "the other");
    expect(listener.objects.get("Service shop/web")).toMatchObject({ ports: [{ port: 81 }] });
    expect(listener.problemsByKey.get("Service shop/web")?.[0]).toMatchObject({ field: "spec", effect: "not-served" });
    server.log.compact();
    server.watches.breakAll("gone-event");
    server.put(service("after"));
    await listener.until(
      () => listener.calls.filter((call) => call === "replace Service").length === 2,
      "the second list",
    );
    expect(listener.objects.has("Service shop/web")).toBe(true);
    server.put(service("web", "shop", 82));
    await listener.until(() => !listener.problemsByKey.has("Service shop/web"), "the repair");
  });
});

describe("scope", () => {
  test("one namespace is watched, and elsewhere only what is named", async () => {
    const alwaysWatch = [
      { kind: "ConfigMap", key: "system/settings" },
      { kind: "Service", key: "system/fallback" },
      { kind: "EndpointSlice", key: "system/fallback" },
    ] as const;
    await using harness = await openApiSourceHarness({ watchNamespace: "shop", alwaysWatch }, (server) => {
      for (const place of ["shop", "other", "system"]) {
        server.put(service("web", place));
        for (const name of ["settings", "more"])
          server.put({ kind: "ConfigMap", metadata: { name, namespace: place } });
      }
      server.put(service("fallback", "system"));
    });
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.size === 7, "all kinds");
    expect([...listener.objects.keys(), ...listener.sighted.keys()].sort()).toEqual([
      "ConfigMap shop/more",
      "ConfigMap shop/settings",
      "ConfigMap system/settings",
      "Service shop/web",
      "Service system/fallback",
    ]);
    expect(requestsOf(server, "/api/v1/services")).toEqual([]);
  });

  test("namespaces come and go with their labels, live", async () => {
    await using harness = await openApiSourceHarness({ watchNamespaceSelector: "team=shop" }, (server) => {
      server.put(namespace("a", { team: "shop" }));
      server.put(namespace("b"));
      for (const name of ["a", "b"]) server.put(service("web", name));
    });
    const { server, listener } = harness;
    await listener.until(() => listener.syncedKinds.size === 7, "all kinds");
    expect([...listener.objects.keys()].sort()).toEqual(["Namespace a", "Service a/web"]);
    server.put(namespace("b", { team: "shop" }));
    await listener.until(() => listener.objects.has("Service b/web"), "the namespace that came");
    server.put(namespace("a", { team: "other" }));
    await listener.until(() => !listener.objects.has("Service a/web"), "the namespace that went");
    server.put(service("hidden", "a"));
    server.put(service("seen", "b"));
    await listener.until(() => listener.objects.has("Service b/seen"), "what happens inside");
    expect(listener.objects.has("Service a/hidden")).toBe(false);
  });
});

describe("fetch", () => {
  test("brings one object by name, through errors", async () => {
    await using harness = await openApiSourceHarness({}, (server) => {
      server.put({ kind: "Secret", metadata: { name: "tls", namespace: "shop" } });
    });
    const { server, source, listener } = harness;
    await listener.until(() => listener.syncedKinds.has("Secret"), "the list");
    server.faults.next("get", { kind: "status", status: 500 });
    server.faults.next("get", { kind: "reset" });
    await source.fetch("Secret", "shop/tls", () => true);
    expect(listener.calls.at(-1)).toBe("upsert Secret shop/tls");
    await source.fetch("Secret", "shop/none", () => true);
    expect(listener.calls.at(-1)).toBe("upsert Secret shop/tls");
  });

  test("ends when nobody wants it any more", async () => {
    await using harness = await openApiSourceHarness();
    harness.server.faults.always("get", { kind: "status", status: 500 });
    let asked = 0;
    await harness.source.fetch("Secret", "shop/tls", () => ++asked <= 3);
    expect(asked).toBe(4);
  });
});

describe("stop is clean", () => {
  const hang = { kind: "hang" } as const;
  test.each([
    ["while listing", (server: FakeApiServer) => server.faults.always("list", hang)],
    ["while connecting the watch", (server: FakeApiServer) => server.faults.always("watch", hang)],
    ["while streaming", () => {}],
    ["while backing off", (server: FakeApiServer) => server.faults.always("list", { kind: "status", status: 500 })],
  ])("%s", async (_phase, arrange) => {
    const server = await FakeApiServer.open();
    arrange(server);
    const slow = {
      requestMs: 60_000,
      watchIdleMs: 60_000,
      refreshMs: 60_000,
      missingMs: 60_000,
      refusedGraceMs: 60_000,
      backOffFirstMs: 60_000,
      backOffMaxMs: 60_000,
    };
    const source = openApiSource(apiSourceOptions(server, { timing: slow }));
    source.start(new RecordingListener());
    await untilTrue(() => server.requests.length >= 6);
    await source.stop();
    await source.stop();
    const seen = server.requests.length;
    await server[Symbol.asyncDispose]();
    expect(server.requests.length).toBe(seen);
  });

  test("while the server accepts and says nothing", async () => {
    const silent = await openSilentServer();
    const source = openApiSource({ ...apiSourceOptions(await fakeForOptions()), apiServerHost: silent.url });
    source.start(new RecordingListener());
    await untilTrue(() => silent.connections() > 0);
    await source.stop();
  });
});

describe("credentials", () => {
  test("a kubeconfig that cannot be read is tried again until it can", async () => {
    const server = await FakeApiServer.open();
    await writeFile(server.kubeconfig, "not: [yaml");
    const source = openApiSource(apiSourceOptions(server));
    const listener = new RecordingListener();
    onTestFinished(async () => {
      await source.stop();
      await server[Symbol.asyncDispose]();
    });
    source.start(listener);
    await untilTrue(() => [...source.stats().values()].some((stats) => stats.failures > 1));
    await server.writeKubeconfig();
    await listener.until(() => listener.syncedKinds.size === 7, "all kinds");
  });
});

async function fakeForOptions(): Promise<FakeApiServer> {
  const server = await FakeApiServer.open();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function openSilentServer(): Promise<{ readonly url: string; readonly connections: () => number }> {
  let count = 0;
  const server: Server = createServer((socket) => {
    count++;
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return { url: `http://127.0.0.1:${address.port}`, connections: () => count };
}
