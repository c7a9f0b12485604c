import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RequestSource } from "../../src/wire/http1/request-source.ts";
import { RawSocket } from "../support/clients/raw-socket.ts";
import { BROKEN_BODIES, FORWARDED_CASES } from "../support/builders/body-corpus.ts";
import { REFUSED_CASES } from "../support/builders/request-corpus.ts";

/** What node:http's strict parser makes of the first request; null when it refuses it. */
interface Reading {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly body: string;
}

let server: Server;
let readings: Reading[] = [];

beforeAll(async () => {
  const options = {
    insecureHTTPParser: false,
    maxHeaderSize: 65_536,
    requireHostHeader: false,
    joinDuplicateHeaders: false,
  };
  server = createServer(options, (request, response) => {
    let body = "";
    request.setEncoding("latin1");
    request.on("error", () => {});
    request.on("data", (text: string) => (body += text));
    request.on("end", () => {
      readings.push({ method: request.method ?? "", target: request.url ?? "", fields: fieldsOf(request), body });
      response.end();
    });
  });
  server.maxHeadersCount = 0;
  // Requests that ask for an upgrade are ordinary ones to the oracle too.
  server.on("checkContinue", (request, response) => server.emit("request", request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function fieldsOf(request: IncomingMessage): string[] {
  const fields: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    fields.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
  return fields;
}

async function readByNode(bytes: string): Promise<Reading | null> {
  readings = [];
  await using client = await RawSocket.open((server.address() as AddressInfo).port);
  client.send(bytes);
  await client.until((text) => text.includes("\r\n\r\n")).catch(() => "");
  return readings[0] ?? null;
}

function readByUs(bytes: string): Reading | null {
  const source = new RequestSource({ underscoresInHeaders: true });
  source.input.receive(Buffer.from(bytes, "latin1"), bytes.length);
  const head = source.readHead();
  if (head?.error !== null || !head.done) return null;
  const { method, target, fields } = source.parser;
  source.openBody();
  let body = "";
  while (!source.body.done && source.body.error === null && source.input.length > 0) {
    body += source.body.read(source.input)?.toString("latin1") ?? "";
  }
  if (!source.body.done) return null;
  return { method, target, fields: [...fields.headers].map(([name, value]) => `${name}: ${value}`), body };
}

/** Where we know to read more than node:http does, and why that is right. */
const WE_ALONE_ACCEPT: ReadonlyMap<string, string> = new Map([
  ["FR-37 unknown method", "node:http knows a fixed list of methods"],
  [
    "FR-04 upper-case coding with blanks",
    "node:http takes no blanks behind the coding; RFC 9110 §5.5 trims them from any value",
  ],
  ["FR-18 trailers with great names", "node:http refuses Content-Length among trailers; we drop every trailer"],
]);
/** Where the target is meant to differ: node:http hands an absolute-form on as it is. */
const TARGET_DIFFERS: ReadonlySet<string> = new Set([
  "HD-08 same authority",
  "HD-08 an empty port is the default one",
  "HD-08 no path",
]);
/** Fields that our parser takes out because they are its own business. */
const TAKEN = /^(?:host|content-length|transfer-encoding|expect): /i;

describe("whatever we accept, node:http accepts with the same meaning", () => {
  test.each([...REFUSED_CASES, ...BROKEN_BODIES, ...FORWARDED_CASES])("$name", async ({ name, bytes }) => {
    const ours = readByUs(bytes);
    if (ours === null) return;
    const theirs = await readByNode(bytes);
    if (WE_ALONE_ACCEPT.has(name)) {
      expect(theirs).toBeNull();
      return;
    }
    expect(theirs).not.toBeNull();
    expect(ours.method).toBe(theirs?.method);
    expect(ours.body).toBe(theirs?.body);
    expect(ours.fields).toEqual(theirs?.fields.filter((field) => !TAKEN.test(field)));
    if (!TARGET_DIFFERS.has(name)) expect(ours.target).toBe(theirs?.target);
  });
});
