import { expect, test } from "vitest";
import { parseExternalName } from "../../../src/translate/shared/external-name.ts";

test.each([
  ["api.example.org", { kind: "name", host: "api.example.org", port: 80 }],
  ["API.Example.org", { kind: "name", host: "api.example.org", port: 80 }],
  ["api.example.org.", { kind: "name", host: "api.example.org.", port: 80 }],
  ["web.other.svc.cluster.local", { kind: "name", host: "web.other.svc.cluster.local", port: 80 }],
  ["192.0.2.7", { kind: "address", address: "192.0.2.7", port: 80 }],
  ["2001:DB8::7", { kind: "address", address: "2001:db8::7", port: 80 }],
  ["[2001:db8::7]", { kind: "address", address: "2001:db8::7", port: 80 }],
])("%s is an endpoint", (text, endpoint) => {
  expect(parseExternalName(text, 80)).toEqual({ ok: true, value: endpoint });
});

test.each([
  "",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "app.localhost",
  "127.0.0.1",
  "127.255.255.254",
  "::1",
  "[::1]",
  "::",
  "0.0.0.0",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "0:0:0:0:0:ffff:7f00:1",
  "::FFFF:127.0.0.1",
  "fe80::1",
  "fe80::1%eth0",
  "169.254.169.254",
  "224.0.0.1",
  "255.255.255.255",
  "ff02::1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0x7f.1",
  "0177.0.0.1",
  "a b",
  "api.example.org/path",
  "api.example.org:80",
  "http://api.example.org",
  "-api.example.org",
  "a..b",
  "a\u0000b",
  "x".repeat(300),
])("%j is refused", (text) => {
  expect(parseExternalName(text, 80).ok).toBe(false);
});
