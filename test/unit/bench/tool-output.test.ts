import { describe, expect, test } from "vitest";
import { parseH2load, parseLatencyLog, parseProgramOutput, parseWrk } from "../../../bench/load/tool-output.ts";
import { parseStraceSummary } from "../../../bench/compare/strace-summary.ts";

const WRK = `Running 1s test @ http://localhost:8080/small
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.50ms  300.00us   9.00ms   90.00%
  42000 requests in 1.01s, 10.00MB read
`;

describe("wrk", () => {
  test("tells its requests", () => {
    expect(parseWrk(WRK)).toEqual({ requests: 42_000, errors: 0, latenciesMicros: [], note: "" });
  });

  test("counts refused requests among its requests, which we do not", () => {
    const { requests, errors } = parseWrk(`${WRK}  Non-2xx or 3xx responses: 2000\n`);
    expect([requests, errors]).toEqual([40_000, 2000]);
  });

  test("tells failures of sockets", () => {
    expect(parseWrk(`${WRK}  Socket errors: connect 1, read 2, write 3, timeout 4\n`).errors).toBe(10);
  });

  test("that told nothing is an error", () => {
    expect(() => parseWrk("unable to connect")).toThrow("told no count");
  });
});

describe("h2load", () => {
  const output = `finished in 1.00s, 9026.00 req/s, 1.50MB/s
requests: 9100 total, 9100 started, 9100 done, 9026 succeeded, 74 failed, 70 errored, 0 timeout
status codes: 9026 2xx, 0 3xx, 4 4xx, 0 5xx
`;

  test("tells what succeeded, and each failure once", () => {
    expect(parseH2load(output)).toEqual({ requests: 9026, errors: 74, latenciesMicros: [], note: "" });
  });

  test("logs the duration of each request; those that were refused are left out", () => {
    expect(parseLatencyLog("1700\t200\t350\n1701\t503\t90\n1702\t200\t420\n")).toEqual([350, 420]);
  });
});

describe("one of our load programs", () => {
  test("tells its result as JSON", () => {
    expect(parseProgramOutput('{"requests":5,"errors":1,"note":"resumes 0 % of the sessions"}')).toEqual({
      requests: 5,
      errors: 1,
      latenciesMicros: [],
      note: "resumes 0 % of the sessions",
    });
  });

  test.each(["null", '{"requests":"many"}', "{}"])("that tells %s is an error", (output) => {
    expect(() => parseProgramOutput(output)).toThrow("not a load result");
  });
});

test("strace's summary is read with and without errors, most calls first", () => {
  const output = `strace: Process 7 attached
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.060000           2      1000           writev
 40.00    0.040000           1      4000        12 read
------ ----------- ----------- --------- --------- ----------------
100.00    0.100000           1      5000        12 total
`;
  expect(parseStraceSummary(output)).toEqual([
    { name: "read", calls: 4000 },
    { name: "writev", calls: 1000 },
  ]);
});
