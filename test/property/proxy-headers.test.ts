import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCidrs } from "../../src/lib/cidr.ts";
import { resolveClientAddress } from "../../src/proxy/request/client-address.ts";
import { absoluteLocation, encodeLocation, relativeLocation } from "../../src/proxy/answers/location.ts";
import { ExchangeHarness } from "../support/servers/exchange-harness.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** Names that the proxy alone may use, and one way in which backends confuse names. */
const OWN_NAMES = [
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-scheme",
  "x-forwarded-prefix",
  "x-real-ip",
  "x-scheme",
  "x-original-forwarded-for",
  "x-original-forwarded-host",
  "forwarded",
  "ssl-client-verify",
  "ssl-client-cert",
];

const spelling = fc
  .tuple(
    fc.constantFrom(...OWN_NAMES),
    fc.array(fc.constantFrom("-", "_", "."), { minLength: 5, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([name, separators, upper]) => {
    let next = 0;
    const spelled = name.replaceAll("-", () => separators[next++] ?? "-");
    return upper ? spelled.toUpperCase() : spelled;
  });

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);

describe("fields sent upstream", () => {
  test("HD-01, HD-02 nothing that a client says about itself survives, whatever the spelling", () => {
    using proxy = new ExchangeHarness();
    proxy.apply({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])] });
    fc.assert(
      fc.property(fc.array(fc.oneof(spelling, token), { maxLength: 12 }), (names) => {
        const headers = names.map((name) => [name, "forged"] as const);
        proxy.send({ headers });
        const sent = proxy.upstream.requests.at(-1)?.head.headers;
        for (const [name, value] of sent ?? []) {
          const canonical = name.toLowerCase().replaceAll(/[_.]/g, "-");
          if (canonical.startsWith("x-original-forwarded-")) continue;
          if (OWN_NAMES.includes(canonical)) expect(value).not.toBe("forged");
        }
      }),
    );
  });

  test("every other field arrives, in its order and spelling", () => {
    using proxy = new ExchangeHarness();
    proxy.apply({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])] });
    const custom = fc.stringMatching(/^X-App-[A-Za-z0-9]{1,10}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(custom, token), { maxLength: 12 }), (headers) => {
        proxy.send({ headers });
        const sent = [...(proxy.upstream.requests.at(-1)?.head.headers ?? [])];
        expect(sent.filter(([name]) => name.startsWith("X-App-"))).toEqual(headers);
      }),
    );
  });

  test("HD-03 no Connection header takes a protected field away", () => {
    using proxy = new ExchangeHarness();
    proxy.apply({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])] });
    const protectedName = fc.constantFrom(
      "Host",
      "Authorization",
      "Cookie",
      "X-Forwarded-For",
      "X-Real-IP",
      "X-Request-ID",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(protectedName, token), { maxLength: 8 }), (nominated) => {
        proxy.send({
          headers: [
            ["Connection", nominated.join(" , ")],
            ["Authorization", "a"],
            ["Cookie", "c=1"],
          ],
        });
        const sent = proxy.upstream.requests.at(-1)?.head.headers;
        for (const name of ["host", "authorization", "cookie", "x-forwarded-for", "x-real-ip", "x-request-id"]) {
          expect(sent?.getAll(name)).toHaveLength(1);
        }
        expect(sent?.has("connection")).toBe(false);
      }),
    );
  });
});

describe("Location values", () => {
  const anyText = fc.string({ unit: "binary", maxLength: 40 });

  test("PT-16 no text leads to another host", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(new URL(relativeLocation(text), "https://shop.example").host).toBe("shop.example");
        expect(new URL(absoluteLocation("https", "shop.example", `/${text}`)).host).toBe("shop.example");
      }),
    );
  });

  test("PT-13 the value is printable ASCII without spaces, and encoding it again changes nothing", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const encoded = encodeLocation(text);
        expect(encoded).toMatch(/^[\x21-\x7e]*$/);
        expect(encodeLocation(encoded)).toBe(encoded);
      }),
    );
  });
});

describe("the client address", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const element = fc.oneof(address, fc.string({ maxLength: 10 }), fc.constant(""));

  test("is always the peer or an element of the chain, and never believed from an untrusted peer", () => {
    const trusted = compileCidrs(["10.0.0.0/8", "::/0"]);
    fc.assert(
      fc.property(address, fc.array(element, { maxLength: 6 }), (peer, chain) => {
        const client = resolveClientAddress(peer, chain.join(","), trusted);
        if (!trusted.has(peer)) expect(client).toBe(peer);
        else expect([peer, ...chain.flatMap((one) => one.split(",")).map((one) => one.trim())]).toContain(client);
      }),
    );
  });
});
