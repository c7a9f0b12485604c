import type { OracleReading, OracleRequest } from "../../test/support/oracles/request-oracle.ts";
import { readResponse } from "../../test/support/oracles/response-oracle.ts";
import type { ClientAnswer } from "./answers.ts";
import type { FinishedState } from "./client.ts";
import type { Plan, Script } from "./plan.ts";
import { bodyOf, type SeenRequest } from "./world.ts";

/** Everything known about one connection afterwards. */
export interface Evidence {
  readonly plan: Plan;
  readonly oracle: OracleReading;
  readonly outcome: FinishedState;
  readonly seen: readonly SeenRequest[];
  /** See `World`. */
  readonly saidLate: (status: number, body: string) => boolean;
}

/** The promises that were broken; empty when all were kept. */
export function judge(evidence: Evidence): readonly string[] {
  const { plan, outcome } = evidence;
  const { reader } = outcome;
  // Another protocol: HTTP/2 with prior knowledge.
  if (plan.pieces.join("").startsWith("PRI * HTTP/2.0\r\n")) return [];
  // Nobody can know an answer from what a script says late on the same connection.
  const isTainted = evidence.seen.some(({ tainted }) => tainted);
  const faults: string[] = [];
  if (outcome.hung) faults.push(`hung with ${reader.answers.length} answers`);
  if (reader.fault !== null) faults.push(`ambiguous at the client: ${reader.fault}`);
  if (
    reader.tunnel === null &&
    plan.leaving === "polite" &&
    reader.rest !== "" &&
    reader.answers.at(-1)?.complete !== false
  )
    faults.push("bytes behind the answers");
  faults.push(...judgeSeen(evidence));
  if (isTainted) return faults;
  reader.answers.forEach((answer, index) => {
    const fault = judgeAnswer(evidence, answer, index);
    if (fault !== null) faults.push(`answer ${index}: ${fault}`);
  });
  if (!outcome.hung && waitsForAnswers(evidence)) faults.push(...judgeMissing(evidence));
  if (reader.tunnel !== null && !evidence.oracle.messages.some(asksForUpgrade))
    faults.push("a tunnel that nobody asked for");
  return faults;
}

/** Every request that reached an endpoint is one that the client sent, in order; only repetitions may be between them. */
function judgeSeen({ oracle, seen }: Evidence): readonly string[] {
  let next = 0;
  for (const { message } of seen) {
    const found = oracle.messages.findIndex((request, index) => index >= next && matches(request, message));
    const again = next > 0 && matches(oracle.messages[next - 1], message);
    if (found === -1 && !again)
      return [`an endpoint got what the client never sent: ${JSON.stringify(message).slice(0, 900)}`];
    if (!again) next = found + 1;
  }
  return [];
}

function matches(request: OracleRequest | undefined, message: SeenRequest["message"]): boolean {
  if (request === undefined) return false;
  const [method, target] = message.startLine.split(" ");
  if (method !== request.method || message.body !== request.body) return false;
  return !isPlain(request) || target === request.target;
}

/** A request that nothing behind the wire has a reason to refuse or to rewrite. */
function isPlain({ target }: OracleRequest): boolean {
  return target.length < 2000 && /^\/(?:[A-Za-z0-9_-]+\/?)*(?:\?[A-Za-z0-9=&_-]*)?$/.test(target);
}

function judgeAnswer(evidence: Evidence, answer: ClientAnswer, index: number): string | null {
  const { oracle, plan } = evidence;
  const request = oracle.messages[index];
  const script = request === undefined ? null : scriptFor(plan, request);
  const asked = request ?? oracle.unfinished;
  if (asked !== null && answer.status === 502 && isLostOnStaleConnection(evidence, asked)) return null;
  if (asked !== null && isLateAnswer(evidence, asked, answer)) return null;
  if (request !== undefined && script !== null && answer.fields.get("x-serial") === undefined)
    return judgeScripted(answer, script, request.method);
  const serial = answer.fields.get("x-serial");
  if (serial === undefined) return judgeOwn(evidence, answer, index);
  const seen = evidence.seen.find((one) => one.serial === Number(serial));
  if (seen === undefined) return `belongs to another client: ${serial}`;
  if (!matches(request, seen.message))
    return `belongs to another request: ${JSON.stringify(seen.message).slice(0, 300)}`;
  const body = answer.framing === "none" ? "" : bodyOf(Number(serial), plan.answerBytes);
  if (answer.complete ? answer.body !== body : !body.startsWith(answer.body)) return "the body is not what was sent";
  if (answer.status !== 200) return `status ${answer.status}`;
  return !answer.complete && plan.leaving === "polite" ? "cut without a reason" : null;
}

/** What an endpoint adds to an answer that was complete can meet the next request before the endpoint has read that. */
function isLateAnswer({ seen, saidLate }: Evidence, request: OracleRequest, answer: ClientAnswer): boolean {
  if (answer.fields.get("x-serial") !== undefined || seen.some(({ message }) => matches(request, message)))
    return false;
  return saidLate(answer.status, answer.body);
}

/** What was written to a kept connection just as its endpoint left may have arrived, or is not held any more. */
function isLostOnStaleConnection({ seen }: Evidence, request: OracleRequest): boolean {
  const isSentOnce = request.method === "POST" || request.body.length > 60_000;
  return isSentOnce && request.target.startsWith("/i/") && !seen.some(({ message }) => matches(request, message));
}

/** Pages of the proxy itself. */
function judgeOwn({ oracle, plan }: Evidence, answer: ClientAnswer, index: number): string | null {
  const request = oracle.messages[index];
  const { status } = answer;
  if (request !== undefined) {
    if (request.target === "*" && status === 200) return null;
    if (!isPlain(request) && status === 400) return null;
    if (request.body.length > 1_048_576 && status === 413) return null;
    return `${status} for a good request`;
  }
  if (index > oracle.messages.length) return `${status} where no request was`;
  const fitting = new Set([...oracle.statuses, 413]);
  if (oracle.unfinished !== null && !isPlain(oracle.unfinished)) fitting.add(400);
  if (oracle.unfinished?.target === "*") fitting.add(200);
  if (oracle.end === "partial" || oracle.end === "unsure") fitting.add(400).add(408);
  if (oracle.end === "done" || oracle.end === "closed") return `${status} where no request was`;
  if (plan.leaving !== "polite") fitting.add(408);
  return fitting.has(status) ? null : `${status} for a bad request that earns ${[...fitting].join(" or ")}`;
}

function asksForUpgrade({ fields }: OracleRequest): boolean {
  return fields.some(([name]) => name === "upgrade");
}

function scriptFor(plan: Plan, request: OracleRequest): Script | null {
  const digits = /^\/i\/(\d{1,3})(?:[?/]|$)/.exec(request.target)?.[1];
  return digits === undefined ? null : (plan.scripts[Number(digits)] ?? null);
}

function judgeScripted(answer: ClientAnswer, script: Script, method: string): string | null {
  const right = readResponse(script.pieces.join(""), method);
  const isBadGateway = answer.status === 502 && answer.body.includes("502 Bad Gateway");
  // A reset may overtake what was sent before it.
  if (isBadGateway && (script.end === "rst" || right.kind === "bad")) return null;
  if (method === "HEAD" && answer.status === 502) return null;
  if (right.kind === "bad") return `${answer.status} instead of 502`;
  if (answer.status !== right.status) return `${answer.status} instead of ${right.status}`;
  const body = right.status === 205 ? "" : right.body;
  if (!answer.complete) return body.startsWith(answer.body) ? null : "the part is not a part of the whole";
  if (!right.complete && answer.status !== 205) return "a part is shown as the whole";
  return answer.body === body ? null : "the body is not what was sent";
}

/** Who ends its side after whole requests is owed the answers to them. */
function waitsForAnswers({ plan, oracle }: Evidence): boolean {
  if (plan.leaving === "half-close") return oracle.end === "done" || oracle.end === "closed";
  return plan.leaving === "polite";
}

/** Which answers are missing, unless one before them was a good reason to close. */
function judgeMissing({ plan, oracle, outcome }: Evidence): readonly string[] {
  const { answers, tunnel } = outcome.reader;
  const expected = oracle.messages.length + (oracle.end === "refused" ? 1 : 0);
  if (answers.length >= expected || tunnel !== null) return [];
  const last = answers.at(-1);
  const request = oracle.messages[answers.length - 1];
  const asked = oracle.messages[answers.length];
  // An interrupted answer that cannot be shown in part ends the connection without a head.
  const cut = asked !== undefined && scriptFor(plan, asked) !== null;
  if (cut || (last !== undefined && (!last.complete || last.framing === "until-close"))) return [];
  if (last !== undefined && last.fields.get("x-serial") === undefined) return [];
  if (request?.http10 === true) return [];
  return [`${answers.length} answers instead of ${expected}, ${outcome.error ?? "closed"}`];
}
