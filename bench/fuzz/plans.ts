import {
  ALL_REQUESTS,
  BAD_RESPONSES,
  GOOD_REQUESTS,
  GOOD_RESPONSES,
} from "../../test/support/builders/message-samples.ts";
import { mutate, segment } from "./mutate.ts";
import type { Plan, Script } from "./plan.ts";
import { Random } from "./random.ts";

/** The plan of that seed: always the same. */
export function makePlan(seed: number): Plan {
  const random = new Random(seed);
  const kind = random.below(100);
  if (kind < 45) return requestPlan(seed, random);
  if (kind < 80) return responsePlan(seed, random);
  if (kind < 96) return chaosPlan(seed, random);
  return tunnelPlan(seed, random);
}

/** Good answers only: whatever happens is the client's doing. */
function requestPlan(seed: number, random: Random): Plan {
  const base = random.pick(random.chance(0.85) ? GOOD_REQUESTS : ALL_REQUESTS);
  const before = random.chance(0.4) ? random.pick(GOOD_REQUESTS) : "";
  const text = before + mutate(base, random, ALL_REQUESTS);
  return { ...quiet(seed, "request"), pieces: segment(text, random) };
}

/** Good requests, of which endpoints answer some badly. */
function responsePlan(seed: number, random: Random): Plan {
  const count = random.between(1, 4);
  const scripts = Array.from({ length: count }, () => (random.chance(0.7) ? script(random) : null));
  const text = scripts.map((_script, i) => goodRequest(i, random)).join("");
  return { ...quiet(seed, "response"), pieces: segment(text, random), scripts };
}

function script(random: Random): Script {
  const base = random.pick(random.chance(0.8) ? GOOD_RESPONSES : BAD_RESPONSES);
  const text = random.chance(0.85) ? mutate(base, random, GOOD_RESPONSES) : base;
  const cut = random.chance(0.15) ? text.slice(0, random.below(text.length + 1)) : text;
  // With anything but an end the proxy would have to wait for the read timeout.
  const end = random.chance(0.7) ? "fin" : "rst";
  return { pieces: segment(cut, random), end, when: random.chance(0.85) ? "complete" : "early" };
}

/** Well-formed traffic at its worst: large, cut, aborted, slow. */
function chaosPlan(seed: number, random: Random): Plan {
  const count = random.between(1, 5);
  const scripts = Array.from({ length: count }, () => (random.chance(0.25) ? brokenLargeAnswer(random) : null));
  const text = scripts.map((_script, i) => goodRequest(i, random)).join("");
  const cut = random.chance(0.2) ? text.slice(0, random.below(text.length)) : text;
  return {
    ...quiet(seed, "chaos"),
    pieces: segment(cut, random),
    scripts,
    leaving:
      cut === text ? random.pick(["polite", "polite", "abort", "half-close"]) : random.pick(["abort", "half-close"]),
    slowReader: random.chance(0.1),
    answerBytes: random.pick([0, 40, 3000, 70_000, 300_000]),
  };
}

function brokenLargeAnswer(random: Random): Script {
  const bytes = random.pick([10, 5000, 200_000]);
  const promised = bytes + random.between(1, 50);
  const head = random.pick([`Content-Length: ${promised}`, "Transfer-Encoding: chunked"]);
  const frame = head.startsWith("T") ? `${promised.toString(16)}\r\n` : "";
  const text = `HTTP/1.1 200 OK\r\nX-Cut: 1\r\n${head}\r\n\r\n${frame}${"x".repeat(bytes)}`;
  return { pieces: segment(text, random), end: random.pick(["fin", "rst"]), when: "complete" };
}

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

const WEB_SOCKET = ["GET /ws HTTP/1.1", "Upgrade: websocket", "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${KEY}`];
const DOCKER = ["POST /attach HTTP/1.1", "Upgrade: h2c, tcp"];

/** An upgrade whose first bytes come before anybody agreed to it. */
function tunnelPlan(seed: number, random: Random): Plan {
  const handshake = random.pick([WEB_SOCKET, ["POST /ws HTTP/1.1", "Upgrade: SPDY/3.1", "Content-Length: 0"], DOCKER]);
  const head = [...handshake, "Host: a.test", "Connection: Upgrade", "", ""].join("\r\n");
  const data = "frame".repeat(random.pick([0, 3, 2000]));
  const leaving = random.chance(0.7) ? "polite" : random.pick(["abort", "half-close"] as const);
  return { ...quiet(seed, "tunnel"), pieces: segment(`${head}${data}bye`, random), leaving };
}

function goodRequest(index: number, random: Random): string {
  const kind = random.below(6);
  const start = (method: string): string => `${method} /i/${index} HTTP/1.1\r\nHost: a.test\r\nX-Fuzz: ${index}\r\n`;
  if (kind < 3) return `${start("GET")}\r\n`;
  if (kind === 3) return `${start("HEAD")}\r\n`;
  const body = "b".repeat(random.pick([0, 5, 3000, 90_000]));
  if (kind === 4) return `${start("POST")}Content-Length: ${body.length}\r\n\r\n${body}`;
  const chunk = body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
  return `${start("PUT")}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`;
}

function quiet(seed: number, kind: Plan["kind"]): Plan {
  const transport = seed % 10 === 7 ? "tls" : "plain";
  return { seed, kind, transport, pieces: [], scripts: [], leaving: "polite", slowReader: false, answerBytes: 40 };
}
