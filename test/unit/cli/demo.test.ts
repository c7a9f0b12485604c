import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ObjectSource, SourceListener } from "../../../src/controller/controller.ts";
import { DemoPool } from "../../../src/cli/demo/demo-pool.ts";
import { DemoSource } from "../../../src/cli/demo/demo-source.ts";
import { keyOf } from "../../../src/kubernetes/object-key.ts";
import type { EndpointSlice, KubernetesObject, ObjectMeta, Service } from "../../../src/kubernetes/objects.ts";
import { silentLogger } from "../../../src/lib/logger.ts";

let source: DemoSource | null = null;

afterEach(async () => {
  await source?.stop();
  source = null;
});

function meta(name: string): ObjectMeta {
  const empty = new Map<string, string>();
  const rest = { uid: "", resourceVersion: "", createdAtMs: 0, deletedAtMs: null };
  return { namespace: "default", name, ...rest, labels: empty, annotations: empty };
}

function service(name: string, overrides: Partial<Service> = {}): Service {
  const ports = [{ name: "http", protocol: "TCP", port: 80, targetPort: 80 } as const];
  const rest = {
    type: "ClusterIP",
    clusterIP: "",
    externalName: "",
    hasSelector: true,
    externalIPs: [],
    loadBalancer: [],
  } as const;
  return { kind: "Service", meta: meta(name), ...rest, ports, ...overrides };
}

function slice(name: string, serviceName: string): EndpointSlice {
  const endpoints = [{ addresses: ["10.0.0.1"], ready: true, serving: true, terminating: false }];
  const ports = [{ name: "http", protocol: "TCP", port: 8080 } as const];
  return { kind: "EndpointSlice", meta: meta(name), serviceName, addressType: "IPv4", endpoints, ports };
}

/** Starts a demo source over a silent inner one; `inner` is what the inner source would call. */
function openDemo(mapped: readonly string[] = []) {
  const slices = new Map<string, EndpointSlice>();
  const waiters: (() => void)[] = [];
  const wake = () => waiters.splice(0).forEach((resolve) => resolve());
  let synced = false;
  let inner: SourceListener | null = null;
  const silent: ObjectSource = {
    name: "files",
    start: (listener) => {
      inner = listener;
    },
    tells: () => true,
    fetch: async () => {},
    stop: async () => {},
  };
  const keep = (object: KubernetesObject) => {
    if (object.kind === "EndpointSlice") slices.set(keyOf(object), object);
    wake();
  };
  source = new DemoSource(silent, { isMapped: (key) => mapped.includes(key), pool: new DemoPool(silentLogger) });
  source.start({
    replace: (kind, objects) => {
      if (kind === "EndpointSlice") slices.clear();
      objects.forEach(keep);
    },
    upsert: keep,
    remove: (kind, key) => {
      if (kind === "EndpointSlice") slices.delete(key);
      wake();
    },
    synced: (kind) => {
      synced ||= kind === "EndpointSlice";
      wake();
    },
    problems: () => {},
    noteVersion: () => {},
    noteVersions: () => {},
  });
  if (inner === null) throw new Error("the inner source was not started");
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => waiters.push(resolve));
  };
  const listener: SourceListener = inner;
  const load = async (...objects: KubernetesObject[]): Promise<void> => {
    for (const kind of ["Service", "EndpointSlice"] as const) {
      listener.replace(
        kind,
        objects.filter((object) => object.kind === kind),
      );
      listener.synced(kind);
    }
    await until(() => synced);
  };
  return { inner: listener, slices, until, load };
}

function portsOf(slices: Iterable<EndpointSlice>): number[] {
  return [...slices].flatMap(({ ports }) => ports.map(({ port }) => port ?? 0));
}

describe("the demo source", () => {
  test("gives a Service without endpoints two echo backends before it is synced", async () => {
    const { slices, load } = openDemo();
    await load(service("web"));
    expect([...slices.keys()]).toEqual(["default/web-echo-1", "default/web-echo-2"]);
    const [port = 0] = portsOf(slices.values());
    const response = await fetch(`http://127.0.0.1:${port}/cart?id=1`, { headers: { "X-Beta": "always" } });
    expect(await response.json()).toMatchObject({
      service: "default/web",
      endpoint: "web-1",
      method: "GET",
      path: "/cart?id=1",
      headers: { "x-beta": "always" },
    });
  });

  test("leaves alone Services that are mapped, external, or have slices", async () => {
    const { slices, load } = openDemo(["default/mapped"]);
    await load(
      service("mapped"),
      service("external", { type: "ExternalName", externalName: "example.com" }),
      service("own"),
      slice("own-1", "own"),
    );
    expect([...slices.keys()]).toEqual(["default/own-1"]);
  });

  test("starts backends for a Service that appears later, and stops them when it goes", async () => {
    const { inner, slices, until, load } = openDemo();
    await load();
    inner.upsert(service("late"));
    await until(() => slices.size === 2);
    const [port = 0] = portsOf(slices.values());
    inner.remove("Service", "default/late");
    await until(() => slices.size === 0);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  test("steps back when the Service gets endpoints of its own, and comes back when they go", async () => {
    const { inner, slices, until, load } = openDemo();
    await load(service("web"));
    inner.upsert(slice("web-1", "web"));
    await until(() => slices.size === 1);
    inner.replace("EndpointSlice", []);
    await until(() => slices.size === 2);
    expect([...slices.keys()]).toEqual(["default/web-echo-1", "default/web-echo-2"]);
  });

  test("survives a whole new state from the inner source", async () => {
    const { inner, slices, until, load } = openDemo();
    await load(service("web"));
    const before = portsOf(slices.values());
    inner.replace("EndpointSlice", []);
    inner.replace("Service", [service("web"), service("api")]);
    await until(() => slices.size === 4);
    expect(portsOf(slices.values())).toEqual(expect.arrayContaining(before));
  });

  test("restarts the backends when the Service's ports change", async () => {
    const { inner, slices, until, load } = openDemo();
    await load(service("web"));
    const ports = [
      { name: "http", protocol: "TCP", port: 80, targetPort: 80 } as const,
      { name: "admin", protocol: "TCP", port: 81, targetPort: 81 } as const,
    ];
    inner.upsert(service("web", { ports }));
    await until(() => portsOf(slices.values()).length === 4);
    const names = [...slices.values()].map((one) => one.ports.map(({ name }) => name));
    expect(names).toEqual([
      ["http", "admin"],
      ["http", "admin"],
    ]);
  });
});

describe("an echo backend", () => {
  test("echoes WebSocket messages of every length form", async () => {
    const { slices, load } = openDemo();
    await load(service("web"));
    const [port = 0] = portsOf(slices.values());
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    for (const length of [0, 5, 125, 126, 65_535, 65_536, 300_000]) {
      const message = "x".repeat(length);
      const echoed = new Promise<string>((resolve) =>
        socket.once("message", (data: Buffer) => resolve(data.toString())),
      );
      socket.send(message);
      expect(await echoed).toBe(message);
    }
    const pong = new Promise<string>((resolve) => socket.once("pong", (data) => resolve(data.toString())));
    socket.ping("are you there");
    expect(await pong).toBe("are you there");
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.close(1000);
    expect(await closed).toBe(1000);
  });

  test("refuses an upgrade to anything else", async () => {
    const { slices, load } = openDemo();
    await load(service("web"));
    const [port = 0] = portsOf(slices.values());
    const { request } = await import("node:http");
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Connection: "Upgrade", Upgrade: "h2c" };
      const sent = request({ port, host: "127.0.0.1", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.once("error", reject).end();
    });
    expect(status).toBe(400);
  });
});
