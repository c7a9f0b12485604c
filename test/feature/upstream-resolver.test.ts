import { expect, test } from "vitest";
import { openSystemResolver } from "../../src/upstream/connections/resolver.ts";
import { FakeDns } from "../support/servers/fake-dns.ts";

const FULL_V6 = "2001:db8:0:0:0:0:0:1";

test("a name has its IPv4 addresses and the smallest TTL, in milliseconds", async () => {
  await using dns = await FakeDns.open({ "A db.example.com": { addresses: ["192.0.2.1", "192.0.2.2"], ttl: 30 } });
  const resolver = openSystemResolver([dns.address]);
  const answer = await resolver.resolve("db.example.com");
  expect(answer).toEqual({ addresses: ["192.0.2.1", "192.0.2.2"], ttlMs: 30_000 });
  expect(dns.asked).toEqual(["A db.example.com"]);
  resolver.close();
});

test("IPv6 is asked for only where there is no IPv4", async () => {
  await using dns = await FakeDns.open({
    "A v6.example.com": { addresses: [], ttl: 0 },
    "AAAA v6.example.com": { addresses: [FULL_V6], ttl: 5 },
  });
  const resolver = openSystemResolver([dns.address]);
  expect(await resolver.resolve("v6.example.com")).toEqual({ addresses: ["2001:db8::1"], ttlMs: 5_000 });
  expect(dns.asked).toEqual(["A v6.example.com", "AAAA v6.example.com"]);
  resolver.close();
});

test("a trailing dot keeps a name away from the search domains", async () => {
  await using dns = await FakeDns.open({ "A db.example.com": { addresses: ["192.0.2.1"], ttl: 1 } });
  const resolver = openSystemResolver([dns.address]);
  expect((await resolver.resolve("db.example.com.")).addresses).toEqual(["192.0.2.1"]);
  await expect(resolver.resolve("gone.example.com.")).rejects.toThrow("the name has no addresses");
  resolver.close();
});

test("a name that only the host itself knows comes from getaddrinfo", async () => {
  await using dns = await FakeDns.open({});
  const resolver = openSystemResolver([dns.address]);
  const answer = await resolver.resolve("localhost");
  expect(["127.0.0.1", "::1"]).toContain(answer.addresses[0]);
  expect(answer.ttlMs).toBe(5_000);
  resolver.close();
});
