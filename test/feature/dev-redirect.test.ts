import { expect, test } from "vitest";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { ExchangeHarness } from "../support/servers/exchange-harness.ts";

const ALWAYS = { whenCertificate: true, always: true, preserveTrailingSlash: false };

test.each([
  ["443", "https://shop.localhost/cart?id=1"],
  ["8443", "https://shop.localhost:8443/cart?id=1"],
])("with HTTPS reached on port %s, a redirect leads to %s", (https, location) => {
  using proxy = new ExchangeHarness({ forwardedPorts: { http: "8080", https } });
  proxy.apply({ hosts: [buildHost("shop.localhost", [buildRoute("x", "prefix", "/", { tlsRedirect: ALWAYS })])] });
  const answer = proxy.send({ authority: "shop.localhost:8080", target: "/cart?id=1" });
  expect([answer.status, answer.headers.get("location")]).toEqual([308, location]);
});

test.each([
  ["8443", "http://shop.localhost:8080/cart/?id=1"],
  ["443", "http://shop.localhost/cart/?id=1"],
])("with HTTPS reached on port %s, a trailing slash is added at %s", (https, location) => {
  using proxy = new ExchangeHarness({ forwardedPorts: { http: "8080", https } });
  proxy.apply({ hosts: [buildHost("shop.localhost", [buildRoute("x", "prefix", "/cart/")])] });
  const answer = proxy.send({ authority: "shop.localhost:8080", target: "/cart?id=1" });
  expect([answer.status, answer.headers.get("location")]).toEqual([301, location]);
});
