import { beforeEach, describe, expect, test } from "vitest";
import { deltaOf, onlyOne } from "../../../src/model/delta.ts";
import { MapCheck } from "../../../src/cli/dev/map-check.ts";
import { ReloadLog } from "../../../src/cli/dev/reload-log.ts";
import { ServedModel } from "../../../src/cli/dev/served-model.ts";
import type { Service } from "../../../src/kubernetes/objects.ts";
import { type Logger, silentLogger } from "../../../src/lib/logger.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";
import { buildCanary } from "../../support/builders/filter-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";

const lines: string[] = [];
const logger: Logger = {
  ...silentLogger,
  info: (_fields, message) => void lines.push(message),
  warn: (_fields, message) => void lines.push(message),
};

beforeEach(() => {
  lines.length = 0;
});

function hostsDelta(...hosts: readonly VirtualHost[]): ModelDelta {
  return deltaOf({ virtualHosts: new Map(hosts.map((host) => [host.id, host])) });
}

function endpointsDelta(port: number): ModelDelta {
  const endpoints = [{ kind: "address", address: "127.0.0.1", port } as const];
  return deltaOf({ endpoints: new Map([["test-web-80", { upstream: "test-web-80", endpoints }]]) });
}

describe("what a change did", () => {
  const web = buildRoute("web", "prefix", "/");
  const api = buildRoute("api", "prefix", "/api");
  const root = buildRoute("root", "prefix", "/", { implicit: true });

  test.each<[string, ModelDelta, string]>([
    ["a new route", hostsDelta(buildHost("a.test", [web, api])), "1 route added"],
    ["two new routes", hostsDelta(buildHost("a.test", [web]), buildHost("b.test", [web, api])), "2 routes added"],
    ["a route that goes", hostsDelta(buildHost("a.test", [])), "1 route removed"],
    ["a host that goes", deltaOf({ virtualHosts: new Map([["a.test", null]]) }), "1 route removed"],
    [
      "a changed and a new route",
      hostsDelta(buildHost("a.test", [{ ...web, filters: { ...web.filters, bodyLimit: { maxBytes: 1 } } }, api])),
      "1 route changed, 1 route added",
    ],
    ["another certificate of a host", hostsDelta(buildHost("a.test", [web], { certificate: "x/y" })), "1 host changed"],
    ["routes that nobody wrote", hostsDelta(buildHost("a.test", [web, root])), "1 host changed"],
    ["the same again", hostsDelta(buildHost("a.test", [web])), ""],
    ["other endpoints", endpointsDelta(2), "1 set of endpoints changed"],
    ["a certificate", deltaOf({ certificates: new Map([["x/y", null]]) }), "1 certificate changed"],
    ["settings", deltaOf({ settings: onlyOne(DEFAULT_SETTINGS) }), "settings changed"],
    ["a hidden host", hostsDelta(buildHost("a.test.localhost", [web])), ""],
  ])("%s is told", (_what, delta, said) => {
    const model = new ServedModel((host) => host.id.endsWith(".localhost"));
    model.take(hostsDelta(buildHost("a.test", [web])));
    model.take(endpointsDelta(1));
    expect(model.take(delta)).toBe(said);
  });

  test("is told with the files that were read, once it is served", () => {
    const log = new ReloadLog(logger);
    log.translated("publishes");
    log.live("2 routes added");
    expect(lines).toEqual([]);
    log.reread(["shop.yaml"]);
    log.translated("publishes");
    log.reread(["a.yaml", "b.yaml", "a.yaml", "c.yaml", "d.yaml"]);
    log.translated("publishes");
    expect(lines).toEqual([]);
    log.live("1 route changed");
    log.live("");
    log.reread(["shop.yaml"]);
    log.translated("changes-nothing");
    log.translated("changes-nothing");
    expect(lines).toEqual([
      "reloaded shop.yaml: 1 route changed",
      "reloaded a.yaml, b.yaml, c.yaml and 1 more: nothing that is served changed",
      "reloaded shop.yaml: nothing that is served changed",
    ]);
  });
});

describe("a --map that matches nothing", () => {
  const canary = buildRoute("web", "prefix", "/", { canary: buildCanary("next") });
  const hosts = [buildHost("a.test", [canary, buildRoute("checkout", "prefix", "/checkout")])];
  const web = serviceOf("test", "web", [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }]);

  test.each<[string, string | null]>([
    ["test/web", null],
    ["test/web:80", null],
    ["test/web:http", null],
    ["test/next", null],
    ["default/web", "no Ingress refers to Service default/web; did you mean --map test/web=…?"],
    ["default/chekout", "no Ingress refers to Service default/chekout; did you mean --map test/checkout=…?"],
    ["test/wbe", "no Ingress refers to Service test/wbe; did you mean --map test/web=…?"],
    ["test/warehouse", "no Ingress refers to Service test/warehouse, but to test/checkout, test/next, test/web"],
    ["test/web:8080", "Ingresses use Service test/web with the port 80 or http"],
  ])("is named with what comes near: %s", (mapped, complaint) => {
    new MapCheck([mapped], logger).check({ hosts, services: [web] });
    expect(lines).toEqual(complaint === null ? [] : [`--map ${mapped}=… has no effect: ${complaint}`]);
  });

  test("is told once, and again only after it had matched", () => {
    const check = new MapCheck(["test/web"], logger);
    check.check({ hosts: [], services: [] });
    check.check({ hosts: [], services: [] });
    expect(lines).toEqual(["--map test/web=… has no effect: no Ingress that is served refers to a Service"]);
    check.check({ hosts, services: [] });
    check.check({ hosts: [], services: [] });
    expect(lines).toHaveLength(2);
  });
});

function serviceOf(namespace: string, name: string, ports: Service["ports"]): Service {
  const meta = {
    uid: "",
    resourceVersion: "",
    createdAtMs: 0,
    deletedAtMs: null,
    labels: new Map(),
    annotations: new Map(),
  };
  return {
    kind: "Service",
    meta: { ...meta, namespace, name },
    type: "ClusterIP",
    clusterIP: "",
    externalName: "",
    hasSelector: true,
    externalIPs: [],
    loadBalancer: [],
    ports,
  };
}
