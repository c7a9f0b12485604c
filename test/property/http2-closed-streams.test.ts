import fc from "fast-check";
import { expect, test } from "vitest";
import { ClosedStreams, type Closing } from "../../src/wire/http2/closed-streams.ts";

const closings = fc.array(fc.constantFrom<Closing>("ended", "resetByClient", "resetByUs"), { maxLength: 700 });

test("the last closings of each kind are known, older ones are forgotten, and nothing is mistaken", () => {
  fc.assert(
    fc.property(closings, (kinds) => {
      const closed = new ClosedStreams();
      kinds.forEach((kind, i) => closed.note(2 * i + 1, kind));
      const after = { client: 0, us: 0 };
      for (let i = kinds.length - 1; i >= 0; i--) {
        const kind = kinds[i] as Closing;
        const side = kind === "resetByUs" ? "us" : "client";
        after[side]++;
        const known = after[side] <= (side === "us" ? 256 : 32);
        expect(closed.stateOf(2 * i + 1)).toBe(known ? kind : "forgotten");
      }
      expect(closed.stateOf(2 * kinds.length + 1)).toBe("forgotten");
    }),
  );
});

test("what crosses our reset is taken up to a stream's window", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 16_384 }), { maxLength: 20 }), (sizes) => {
      const closed = new ClosedStreams();
      closed.note(7, "resetByUs");
      let sum = 0;
      for (const size of sizes) {
        sum += size;
        expect(closed.takes(7, size)).toBe(sum <= 65_535);
      }
    }),
  );
});
