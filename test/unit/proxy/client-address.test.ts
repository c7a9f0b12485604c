import { describe, expect, test } from "vitest";
import { compileCidrs } from "../../../src/lib/cidr.ts";
import { resolveClientAddress } from "../../../src/proxy/request/client-address.ts";

const everyone4 = compileCidrs(["0.0.0.0/0"]);
const cluster = compileCidrs(["10.0.0.0/8", "fd00::/8"]);

describe("the client address behind trusted proxies", () => {
  test.each([
    ["10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"],
    ["10.0.0.1", "203.0.113.9, 10.1.2.3,10.9.9.9", "203.0.113.9"],
    ["10.0.0.1", "10.1.2.3, 10.9.9.9", "10.1.2.3"],
    ["fd00::1", "2001:db8::5, [fd00::2]:443", "2001:db8::5"],
    ["10.0.0.1", "203.0.113.9:51000", "203.0.113.9"],
    ["10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"],
  ])("peer %s and chain %s give %s", (peer, chain, client) => {
    expect(resolveClientAddress(peer, chain, cluster)).toBe(client);
  });

  test("an untrusted peer is the client, whatever it claims", () => {
    expect(resolveClientAddress("203.0.113.9", "10.0.0.1", cluster)).toBe("203.0.113.9");
  });

  test("with every IPv4 peer trusted the left-most element wins", () => {
    expect(resolveClientAddress("10.0.0.1", "1.1.1.1, 2.2.2.2", everyone4)).toBe("1.1.1.1");
  });

  test("an IPv6 peer is not in 0.0.0.0/0", () => {
    expect(resolveClientAddress("2001:db8::1", "1.1.1.1", everyone4)).toBe("2001:db8::1");
  });

  test.each(["unknown", "", " ", "10.0.0.999", "[::1", "[::1]x", "fe80::1%eth0", "1.1.1.1:999999", "a".repeat(70)])(
    "%j ends the walk at what was known before",
    (element) => {
      expect(resolveClientAddress("10.0.0.1", `1.1.1.1, ${element}`, cluster)).toBe("10.0.0.1");
    },
  );
});
