import { expect, test } from "vitest";
import { FRAME } from "../../../src/wire/http2/frames.ts";
import { judgeFrame, STREAM_STATES } from "../../../src/wire/http2/stream-states.ts";

/**
 * One column a state, in the order of the first line. `+` accepted, `.` ignored, `n` ignored and counted; `P` and `C` end the connection
 * with PROTOCOL_ERROR and STREAM_CLOSED, `c` resets the stream with STREAM_CLOSED.
 */
const TABLE = `
               0 even idle unheard open clientEnded answered ended resetByClient resetByUs forgotten
data           P P    P    .       +    c           +        C     c             .         c
headers        P P    +    n       +    c           +        C     c             n         P
priority       P n    n    n       n    n           n        n     n             n         n
reset          P P    P    n       +    +           +        +     +             +         +
settings       + P    P    P       P    P           P        P     P             P         P
pushPromise    P P    P    P       P    P           P        P     P             P         P
ping           + P    P    P       P    P           P        P     P             P         P
goaway         + P    P    P       P    P           P        P     P             P         P
windowUpdate   + P    P    .       +    +           +        .     .             .         .
continuation   P P    P    P       P    P           P        P     P             P         P`;

const VERDICTS: Readonly<Record<string, object>> = {
  "+": { kind: "accept" },
  ".": { kind: "drop" },
  n: { kind: "count" },
  P: { kind: "connection-error", code: 1 },
  C: { kind: "connection-error", code: 5 },
  c: { kind: "stream-error", code: 5 },
};

const cells = TABLE.trim()
  .split("\n")
  .slice(1)
  .flatMap((line) => {
    const [frame = "", ...signs] = line.split(/ +/);
    return signs.map((sign, i) => [frame, STREAM_STATES[i] ?? "none", sign] as const);
  });

test("the table has a cell for every frame in every state", () => {
  expect(cells).toHaveLength(Object.keys(FRAME).length * STREAM_STATES.length);
});

test.each(cells)("%s for a stream that is %s: %s", (frame, state, sign) => {
  const type = FRAME[frame as keyof typeof FRAME];
  expect(judgeFrame(type, state as (typeof STREAM_STATES)[number])).toEqual(VERDICTS[sign]);
});
