import fc from "fast-check";
import { expect, test } from "vitest";
import { ServingListener, SocketListeners, type SocketPlace } from "../../src/proxy/listener/serving-listener.ts";
import { buildListener } from "../support/builders/socket-plan.ts";

const label = fc.constantFrom("a", "b", "c");
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
const pattern = fc.oneof(
  name,
  name.map((suffix) => `*.${suffix}`),
  fc.constant(null),
);

/** The longest pattern that fits: an exact one before any wildcard, none at all last. */
function naiveFind(patterns: readonly (string | null)[], host: string): string | null | undefined {
  const fits = (one: string | null): boolean =>
    one === null || one === host || (one.startsWith("*.") && host.endsWith(one.slice(1)) && host.length >= one.length);
  const rank = (one: string | null): number => (one === null ? -1 : one === host ? Infinity : one.length);
  return patterns.filter(fits).toSorted((a, b) => rank(b) - rank(a))[0];
}

test("the listener of a name is the one with the longest host that fits", () => {
  fc.assert(
    fc.property(fc.uniqueArray(pattern, { maxLength: 8 }), fc.oneof(name, fc.constant("")), (patterns, host) => {
      const place: SocketPlace = { listeners: new SocketListeners([]) };
      const all = patterns.map((one) => new ServingListener(buildListener(String(one), { host: one }), 80, place));
      place.listeners = new SocketListeners(all);
      const wanted = naiveFind(patterns, host);
      expect(place.listeners.find(host)?.listener.host).toBe(wanted);
      for (const one of all) expect(one.forHost(host)?.listener.host).toBe(wanted);
      expect(place.listeners.refused).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
