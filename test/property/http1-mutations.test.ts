import { METHODS } from "node:http";
import { describe, expect, test } from "vitest";
import { mutate, segment } from "../../bench/fuzz/mutate.ts";
import { Random } from "../../bench/fuzz/random.ts";
import { readRequestsByEngine, readResponseByEngine } from "../support/oracles/engine-reading.ts";
import { NodeHttpOracle, type NodeReading } from "../support/oracles/node-http-oracle.ts";
import { type OracleEnd, type OracleRequest, readRequests } from "../support/oracles/request-oracle.ts";
import { type OracleResponse, readResponse } from "../support/oracles/response-oracle.ts";
import { ALL_REQUESTS, GOOD_REQUESTS, GOOD_RESPONSES } from "../support/builders/message-samples.ts";

/** Fields that the engine takes out of the list because they are its own business. */
const TAKEN = new Set(["host", "content-length", "transfer-encoding", "expect"]);

function asForwarded(message: OracleRequest): OracleRequest {
  return { ...message, fields: message.fields.filter(([name]) => !TAKEN.has(name)) };
}

function endsAlike(ours: string, theirs: OracleEnd): boolean {
  return ours === theirs || (theirs === "unsure" && (ours === "partial" || ours === "refused"));
}

function asDelivered(answer: OracleResponse): unknown {
  if (answer.kind === "bad") return answer;
  const fields = answer.fields.filter(([name]) => name.startsWith("x-"));
  return { ...answer, fields, body: answer.complete ? answer.body : "" };
}

describe("mutated messages mean the same to the engine and to a second reader", () => {
  test("FR-44 requests, in any segmentation, with the status that the fault earns", () => {
    for (let seed = 0; seed < 12_000; seed++) {
      const random = new Random(seed);
      const text = mutate(random.pick(GOOD_REQUESTS), random, ALL_REQUESTS);
      const ours = readRequestsByEngine(segment(text, random));
      const theirs = readRequests(text);
      const about = `seed ${seed}: ${JSON.stringify(text.slice(0, 2000))}`;
      expect(ours.messages, about).toEqual(theirs.messages.map(asForwarded));
      expect(endsAlike(ours.end, theirs.end), `${about}: ${ours.end}, but ${theirs.end}`).toBe(true);
      if (ours.end === "refused") expect([...theirs.statuses], about).toContain(ours.status);
    }
  });

  test("BE-01 BE-10 answers, in any segmentation", () => {
    for (let seed = 0; seed < 12_000; seed++) {
      const random = new Random(seed);
      const text = mutate(random.pick(GOOD_RESPONSES), random, GOOD_RESPONSES);
      const method = random.pick(["GET", "GET", "POST", "HEAD"]);
      const ours = readResponseByEngine(segment(text, random), method);
      const about = `seed ${seed}, ${method}: ${JSON.stringify(text.slice(0, 2000))}`;
      expect(asDelivered(ours), about).toEqual(asDelivered(readResponse(text, method)));
    }
  });
});

/** Where node:http is known to refuse what we are right to read. */
function isKnownDifference(message: OracleRequest, bytes: string): boolean {
  if (!METHODS.includes(message.method)) return true;
  // Its URL parser refuses a fragment behind a bare authority; our router refuses every fragment.
  if (message.target.startsWith("/#")) return true;
  // It takes no bytes above ASCII in a target.
  if (/[\x80-\xff]/.test(message.target)) return true;
  const body = bytes.slice(bytes.indexOf("\r\n\r\n"));
  // We drop every trailer; node:http refuses those with the names of framing fields.
  if (/^(?:content-length|transfer-encoding|host):/im.test(body)) return true;
  // RFC 9110 §5.5 trims blanks from any value; node:http not from this one.
  return /^transfer-encoding:.*[ \t]\r$/im.test(bytes);
}

function meansTheSame(message: OracleRequest, reading: NodeReading | undefined): boolean {
  if (reading === undefined) return false;
  const target = reading.target.replace(/^https?:\/\/[^/?]*/i, "");
  const sameTarget = target === message.target || (target === "" && /^[/*]$/.test(message.target));
  const fields = reading.fields.filter((field) => !TAKEN.has(field.slice(0, field.indexOf(":"))));
  return (
    sameTarget &&
    reading.method === message.method &&
    reading.body === message.body &&
    fields.join("\n") === message.fields.map(([name, value]) => `${name}: ${value}`).join("\n")
  );
}

test("whatever mutated request we accept, node:http accepts with the same meaning", async () => {
  const node = new NodeHttpOracle();
  let compared = 0;
  for (let seed = 20_000; seed < 26_000; seed++) {
    const random = new Random(seed);
    const text = mutate(random.pick(GOOD_REQUESTS), random, ALL_REQUESTS);
    for (const bytes of readRequests(text).parts) {
      const [message] = readRequestsByEngine([bytes]).messages;
      expect(message, `seed ${seed}`).toBeDefined();
      if (message === undefined || isKnownDifference(message, bytes)) continue;
      const [reading] = await node.read(bytes);
      expect(meansTheSame(message, reading), `seed ${seed}: ${JSON.stringify([bytes, message, reading])}`).toBe(true);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(1000);
});
