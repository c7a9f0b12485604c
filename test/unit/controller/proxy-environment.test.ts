import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { proxyOfEnvironment } from "../../../src/controller/api-source/proxy-environment.ts";

const PROXY = "http://proxy.test:3128";

function proxyOf(server: string, noProxy = ""): string | null {
  return proxyOfEnvironment(server, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy })?.url ?? null;
}

describe("the proxy to the API server", () => {
  test.each([
    ["https://10.96.0.1", { HTTPS_PROXY: PROXY }, PROXY],
    ["https://10.96.0.1:443", { https_proxy: PROXY }, PROXY],
    ["https://10.96.0.1", { HTTPS_PROXY: "", https_proxy: PROXY }, PROXY],
    ["https://10.96.0.1", { HTTPS_PROXY: "proxy.test:3128" }, PROXY],
    ["http://10.96.0.1:8080", { HTTP_PROXY: PROXY }, PROXY],
    ["https://10.96.0.1", { HTTP_PROXY: PROXY }, null],
    ["http://10.96.0.1", { HTTPS_PROXY: PROXY }, null],
    ["https://10.96.0.1", { ALL_PROXY: PROXY }, null],
    ["https://10.96.0.1", {}, null],
    ["no address", { HTTPS_PROXY: PROXY }, null],
  ])("of %s with %o is %s, as kubectl has it", (server, env, wanted) => {
    expect(proxyOfEnvironment(server, env)?.url ?? null).toBe(wanted);
  });

  test("is named by its variable, not by its text, which may hold a password", () => {
    expect(proxyOfEnvironment("https://a.test", { https_proxy: "http://u:p@proxy.test" })?.namedBy).toBe("HTTPS_PROXY");
  });

  test.each(["https://localhost:6443", "https://127.0.0.1:6443", "https://127.8.8.8", "https://[::1]:6443"])(
    "is not asked for %s",
    (server) => {
      expect(proxyOf(server)).toBeNull();
    },
  );

  test.each([
    ["https://api.test:6443", "*"],
    ["https://10.96.0.1", "10.96.0.1"],
    ["https://10.96.0.1", "other, 10.96.0.0/12"],
    ["https://10.96.0.1", "10.96.0.1:443"],
    ["https://10.96.0.1:6443", "10.96.0.1:6443"],
    ["https://[fd00::1]:6443", "fd00::1"],
    ["https://[fd00::1]:6443", "fd00::/8"],
    ["https://[fd00::1]:6443", "[fd00::1]:6443"],
    ["https://kubernetes.default.svc", ".svc"],
    ["https://kubernetes.default.svc", "svc"],
    ["https://kubernetes.default.svc", "*.svc"],
    ["https://api.test", "API.TEST"],
    ["https://api.test:6443", "api.test:6443"],
  ])("is not asked for %s where NO_PROXY is %s", (server, noProxy) => {
    expect(proxyOf(server, noProxy)).toBeNull();
  });

  test.each([
    ["https://api.test:6443", "api.test:443"],
    ["https://api.test", ".api.test"],
    ["https://api.test", "*.api.test"],
    ["https://myapi.test", "api.test"],
    ["https://10.96.0.1", "10.97.0.0/16"],
    ["https://10.96.0.1", "96.0.1"],
    ["https://10.96.0.1", "10.96.0.1:6443"],
    ["https://api.test", ",, ,"],
    ["https://api.test", ":443"],
    ["https://api.test", "/"],
  ])("is asked for %s where NO_PROXY is %s", (server, noProxy) => {
    expect(proxyOf(server, noProxy)).toBe(PROXY);
  });

  test("whatever NO_PROXY holds, nothing throws, and the server's own name in it always counts", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.domain(), (before, after, host) => {
        proxyOf(`https://${host}`, before);
        expect(proxyOf(`https://${host}`, `${before},${host},${after}`)).toBeNull();
      }),
    );
  });
});
