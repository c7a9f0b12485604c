import { describe, expect, test } from "vitest";
import type { EndpointSlice, Service } from "../../../src/kubernetes/objects.ts";
import { translateAll, type TranslateOptions } from "../../../src/translate/translate.ts";
import { ingress, rule, service } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

const WEB = ingress("t/web", { rules: [rule("shop.test", ["/", "Prefix", "web:80"])] });

function absenceOf(
  objects: readonly (Service | EndpointSlice)[],
  options: Partial<TranslateOptions> = {},
): string | undefined {
  const { model } = translateAll({ ...DEFAULT_OPTIONS, ...options }, new MemorySnapshot([WEB, ...objects]));
  return model.endpoints.get("t-web-80")?.absence;
}

function slice(
  ready: readonly boolean[],
  ports: EndpointSlice["ports"] = [{ name: "http", protocol: "TCP", port: 8080 }],
): EndpointSlice {
  return {
    kind: "EndpointSlice",
    meta: { ...WEB.meta, name: "web-1" },
    serviceName: "web",
    addressType: "IPv4",
    ports,
    endpoints: ready.map((isReady, index) => ({
      addresses: [`10.0.0.${index + 1}`],
      ready: isReady,
      serving: isReady,
      terminating: false,
    })),
  };
}

describe("an upstream without endpoints says why", () => {
  test("the Service is missing", () => {
    expect(absenceOf([])).toBe("there is no such Service");
  });

  test("the port is missing, and which there are", () => {
    const other = {
      ...service("t/web"),
      ports: [{ name: "http", protocol: "TCP", port: 8000, targetPort: 8000 }],
    } as Service;
    expect(absenceOf([other])).toBe("the Service has no port 80; it has 8000 (http)");
  });

  test("no Pod matches", () => {
    expect(absenceOf([{ ...service("t/web"), hasSelector: true }])).toBe(
      "it has no endpoints: no Pod matches its selector",
    );
    expect(absenceOf([{ ...service("t/web"), hasSelector: false }])).toBe(
      "it has no selector, and no EndpointSlice is written for it",
    );
  });

  test("Pods are there and none is ready", () => {
    expect(absenceOf([service("t/web"), slice([false, false, false])])).toBe("no endpoint is ready: 0 of 3");
  });

  test("Pods are there and have no such port", () => {
    const named = {
      ...service("t/web"),
      ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: "http" }],
    } as Service;
    expect(absenceOf([named, slice([true, true], [{ name: "admin", protocol: "TCP", port: 1 }])])).toBe(
      "none of its 2 endpoints has a port for http: see targetPort",
    );
  });

  test("one is ready: nothing is to be said", () => {
    expect(absenceOf([service("t/web"), slice([false, true])])).toBeUndefined();
  });

  test("ExternalName Services are refused, or name what cannot be asked", () => {
    const external = { ...service("t/web"), type: "ExternalName", externalName: "127.0.0.1" } as Service;
    expect(absenceOf([external])).toBe("its externalName is no host name");
    expect(absenceOf([external], { externalNames: "refused" })).toBe("ExternalName Services are refused");
  });
});
