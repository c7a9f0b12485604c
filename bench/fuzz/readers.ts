import { readRequestsByEngine, readResponseByEngine } from "../../test/support/oracles/engine-reading.ts";
import { type OracleRequest, readRequests } from "../../test/support/oracles/request-oracle.ts";
import { type OracleResponse, readResponse } from "../../test/support/oracles/response-oracle.ts";
import { ALL_REQUESTS, GOOD_REQUESTS, GOOD_RESPONSES } from "../../test/support/builders/message-samples.ts";
import { mutate, segment } from "./mutate.ts";
import { Random } from "./random.ts";

const TAKEN = new Set(["host", "content-length", "transfer-encoding", "expect"]);

/** The engine's parsers against a second reader, without sockets. Returns the number of inputs. */
export function readerEpoch(seed: number, count: number, report: (what: string, detail: unknown) => void): number {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i);
    if (random.chance(0.6)) compareRequests(random, report);
    else compareResponse(random, report);
  }
  return count;
}

function compareRequests(random: Random, report: (what: string, detail: unknown) => void): void {
  const text = mutate(random.pick(GOOD_REQUESTS), random, ALL_REQUESTS);
  const pieces = segment(text, random);
  const ours = readRequestsByEngine(pieces);
  const theirs = readRequests(text);
  const sameEnd =
    ours.end === theirs.end || (theirs.end === "unsure" && (ours.end === "partial" || ours.end === "refused"));
  const sameStatus = ours.end !== "refused" || theirs.statuses.has(ours.status);
  const same = JSON.stringify(ours.messages) === JSON.stringify(theirs.messages.map(asForwarded));
  if (!same || !sameEnd || !sameStatus)
    report("the readers differ about requests", {
      pieces,
      ours,
      theirs: { ...theirs, statuses: [...theirs.statuses] },
    });
}

function asForwarded({ method, target, authority, http10, fields, body }: OracleRequest): OracleRequest {
  return { method, target, authority, http10, fields: fields.filter(([name]) => !TAKEN.has(name)), body };
}

function compareResponse(random: Random, report: (what: string, detail: unknown) => void): void {
  const text = mutate(random.pick(GOOD_RESPONSES), random, GOOD_RESPONSES);
  const pieces = segment(text, random);
  const method = random.pick(["GET", "GET", "POST", "HEAD"]);
  const ours = readResponseByEngine(pieces, method);
  const theirs = readResponse(text, method);
  if (JSON.stringify(asDelivered(ours)) !== JSON.stringify(asDelivered(theirs)))
    report("the readers differ about a response", { method, pieces, ours, theirs });
}

function asDelivered(answer: OracleResponse): unknown {
  if (answer.kind === "bad") return answer;
  const { status, complete, spoilt } = answer;
  const fields = answer.fields.filter(([name]) => name.startsWith("x-"));
  return { status, complete, spoilt, fields, body: complete ? answer.body : "" };
}
