import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deltaOf } from "../../../src/model/delta.ts";
import { aliasOf, LocalhostHosts } from "../../../src/cli/dev/localhost-hosts.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";

function hostsDelta(...hosts: readonly (readonly [string, VirtualHost | null])[]): ModelDelta {
  return deltaOf({ virtualHosts: new Map(hosts) });
}

function hostNamed(id: string, path = "/"): VirtualHost {
  return buildHost(id, [buildRoute("web", "prefix", path)]);
}

function pathsOf(delta: ModelDelta): Readonly<Record<string, string | null>> {
  return Object.fromEntries([...delta.virtualHosts].map(([id, host]) => [id, host?.routes[0]?.path ?? null]));
}

describe("the second names of hosts", () => {
  test.each([
    ["shop.example.com", "shop.example.com.localhost"],
    ["*.example.com", "*.example.com.localhost"],
    ["shop.localhost", null],
    ["*.shop.localhost", null],
    ["localhost", null],
    ["_", null],
    ["a.".repeat(122) + "com", null],
  ])("%s gets %s", (id, alias) => {
    expect(aliasOf(id)).toBe(alias);
  });

  test("are served like the hosts themselves, with a certificate of the development CA where there is TLS", () => {
    const hosts = new LocalhostHosts();
    const shop = { ...hostNamed("shop.example.com"), certificate: "default/shop-tls", regexMode: true };
    const { virtualHosts } = hosts.extend(hostsDelta(["shop.example.com", shop], ["_", hostNamed("_")]));
    const added = virtualHosts.get("shop.example.com.localhost");
    expect([...virtualHosts.keys()]).toEqual(["shop.example.com", "_", "shop.example.com.localhost"]);
    expect(added).toMatchObject({ id: "shop.example.com.localhost", regexMode: true, certificate: "default" });
    expect(added?.routes[0]).toMatchObject({
      path: "/",
      filters: shop.routes[0]?.filters,
      action: shop.routes[0]?.action,
    });
    expect(added?.routes[0]?.id).not.toBe(shop.routes[0]?.id);
    expect(added !== undefined && added !== null && hosts.isAdded(added)).toBe(true);
    expect(hosts.isAdded(shop)).toBe(false);
  });

  test("change and go with the hosts", () => {
    const hosts = new LocalhostHosts();
    hosts.extend(hostsDelta(["a.test", hostNamed("a.test")]));
    const changed = hosts.extend(hostsDelta(["a.test", hostNamed("a.test", "/new")]));
    expect(pathsOf(changed)).toEqual({ "a.test": "/new", "a.test.localhost": "/new" });
    expect(pathsOf(hosts.extend(hostsDelta(["a.test", null])))).toEqual({ "a.test": null, "a.test.localhost": null });
  });

  test("give way to a host that the manifests give, and come back after it", () => {
    const hosts = new LocalhostHosts();
    const own = hostNamed("a.test.localhost", "/own");
    const both = hosts.extend(hostsDelta(["a.test.localhost", own], ["a.test", hostNamed("a.test")]));
    expect(pathsOf(both)).toEqual({ "a.test": "/", "a.test.localhost": "/own" });
    expect(pathsOf(hosts.extend(hostsDelta(["a.test", null])))).toEqual({ "a.test": null });
    hosts.extend(hostsDelta(["a.test", hostNamed("a.test")]));
    expect(pathsOf(hosts.extend(hostsDelta(["a.test.localhost", null])))).toEqual({ "a.test.localhost": "/" });
  });

  test("give way to a wildcard of the manifests that matches them", () => {
    const hosts = new LocalhostHosts();
    hosts.extend(hostsDelta(["a.test", hostNamed("a.test")], ["b.c.test", hostNamed("b.c.test")]));
    const wild = hostsDelta(["*.test.localhost", hostNamed("*.test.localhost", "/wild")]);
    expect(pathsOf(hosts.extend(wild))).toEqual({ "*.test.localhost": "/wild", "a.test.localhost": null });
    const gone = hosts.extend(hostsDelta(["*.test.localhost", null]));
    expect(pathsOf(gone)).toEqual({ "*.test.localhost": null, "a.test.localhost": "/" });
  });

  test("are after any changes what they are when all is served at once", () => {
    const id = fc.constantFrom(
      "a.test",
      "b.test",
      "*.b.test",
      "a.test.localhost",
      "b.test.localhost",
      "*.test.localhost",
      "localhost",
      "_",
    );
    const change = fc.tuple(id, fc.option(fc.constantFrom("/", "/x", "/y")));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }), (deltas) => {
        const hosts = new LocalhostHosts();
        const seen = new Map<string, string>();
        const own = new Map<string, VirtualHost>();
        for (const changes of deltas) {
          const delta = hostsDelta(...changes.map(([name, path]) => [name, path && hostNamed(name, path)] as const));
          for (const [name, host] of delta.virtualHosts) {
            if (host === null) own.delete(name);
            else own.set(name, host);
          }
          for (const [name, path] of Object.entries(pathsOf(hosts.extend(delta)))) {
            if (path === null) seen.delete(name);
            else seen.set(name, path);
          }
        }
        const whole = pathsOf(new LocalhostHosts().extend(hostsDelta(...own)));
        expect(Object.fromEntries(seen)).toEqual(whole);
      }),
    );
  });
});
