import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { KNOWN_ATTACKS } from "./attacks/known-attacks.ts";

/** Known attacks that have no test, and why. */
const NOT_YET: Readonly<Record<string, string>> = {
  "HD-11": "no request is sent to an authentication service: annotations that ask for one close their routes",
  "BE-18": "Location and cookies pass as the endpoint sent them: annotations that rewrite them are not honoured yet",
};

/** Faults that other proxies had → words of the name of the test that shows we have not. */
const REGRESSIONS: Readonly<Record<string, string>> = {
  "HAProxy CVE-2023-40225, empty Content-Length first": "FR-09 CL empty, then real",
  "HAProxy CVE-2023-25725, empty header name": "FR-34 empty name",
  "HAProxy, NUL in a value": "FR-33 ",
  "HAProxy, bare LF in chunks": "FR-14 LF behind the size",
  "HAProxy, empty last coding": "FR-04 transfer coding",
  "HAProxy, comma in the authority": "H2-11 a comma in the authority",
  "HAProxy, absolute-form with an empty path": "an absolute-form without a path has its authority compared too",
  "HAProxy, userinfo in :authority": "H2-11 userinfo",
  "HAProxy, chunk sizes of 64 bits": "a chunk longer than 32 bits",
  "HAProxy, h2c token in Upgrade": "FR-40 h2c upgrade",
  "HAProxy, h2c by extended CONNECT": "H2-14 extended CONNECT",
  "HAProxy, upgrade with a payload in HTTP/2": "H2-05 upgrade",
  "HAProxy, Content-Length on a stream of HEADERS only": "H2-06 a content-length without a body",
  "HAProxy, incomplete transfer noticed at HEADERS": "trailers that come before the whole body",
  "HAProxy, trailers behind an announced length": "trailers end a body whose length was announced",
  "HAProxy, Z is no lower case": "is not lower case (HAProxy)",
  "HAProxy, status codes of three digits": "BE-07 ",
  "HAProxy, NTLM connections are private": "connections that belong to a user are not given to another",
  "HAProxy, Host with the port of the scheme": "HD-08 same authority",
  "HAProxy, dead idle connections": "BE-06 an idle connection on which bytes arrive is destroyed",
  "Pingora, reuse after more than the announced body": "BE-06 bytes behind the body",
  "Pingora, requests delimited by close": "an HTTP/1.0 request without a length has no body",
  "Pingora CVE-2026-2833, upgrade before 101": "FR-41 nothing of the tunnel reaches the backend before its 101",
  "Pingora, CONNECT": "FR-37 CONNECT path",
  "Pingora, bytes= ranges": "DS-12 a range of a thousand parts",
  "Pingora, Content-Length beside Transfer-Encoding in a response": "BE-01 CL and TE",
  "nginx CVE-2025-23419, sessions across hosts": "TL-04",
  "nginx CVE-2026-1642, plain text before the handshake": "to a port that speaks plain text is 502",
  "nginx CVE-2026-42926, injection into upstream HTTP/2": "H2-08 a line break in the path",
  "nginx CVE-2026-42945, rewrite captures": "PT-14 never climbs",
  "nginx, split status line": "BE-01 BE-10 an answer cut in two at every position",
  "nginx, wrong request at the next upstream": "is made up for elsewhere, with the same body",
  "nginx, WINDOW_UPDATE of zero from an endpoint": "of zero on a stream (nginx)",
  "nginx, chunk size overflow": "FR-13 size 2^64+5",
  "Envoy CVE-2026-26311, DATA behind a reset": "DATA behind a reset in one packet",
  "Envoy CVE-2026-47220, no Host in the log": "is written for a request without a host",
  "Envoy CVE-2026-47774, HPACK bomb": "H2-22 more than 1000 fields",
  "Envoy CVE-2021-32778, many resets": "H2-17 a flood of resets",
  "Envoy, blanks around values": "H2-03 a space before a value",
  "Traefik CVE-2024-45410, Connection names fields": "HD-03 a field named by Connection is removed",
  "Traefik CVE-2025-66490, encoded characters and policy": "PT-04",
  "Traefik CVE-2026-39858, underscores": "HD-02 alias of X-Forwarded-For",
  "Traefik, stripped prefixes": "PT-14 never climbs",
  "Traefik, retry of a WebSocket": "becomes a tunnel there (Traefik)",
  "Traefik, payload of CONNECT": "the payload of CONNECT is neither forwarded",
  "Traefik, EndpointSlice port without a number": "ports without a number are dropped alone",
  "Traefik, missing secret of authentication": "auth-tls-secret",
  "Caddy CVE-2026-27588, large host tables": "HD-09 a table of %d hosts",
  "Go CVE-2024-24791, 100-continue": "100-continue leaves nothing behind",
  "Go CVE-2022-41717, header keys of HTTP/2": "H2-22",
  "Go CVE-2025-22871, LF behind a chunk size": "FR-14 LF behind the size",
  "ingress-nginx, injection through annotations": "HD-14",
};

const ID = /\b(?:FR|HD|PT|H2|BE|DS|TL|RX|WS|RT|K8)-\d{2}\b/g;
const titles = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && path !== "attacks.test.ts" && !path.startsWith("attacks/"))
  .flatMap((path) => textsOf(readFileSync(join(import.meta.dirname, path), "utf8")));
const named = new Set(titles.flatMap((title) => title.match(ID) ?? []));

describe("a known attack", () => {
  test.each(Object.entries(KNOWN_ATTACKS).filter(([id]) => !Object.hasOwn(NOT_YET, id)))("%s has a test", (id) => {
    expect(named).toContain(id);
  });

  test.each(Object.keys(NOT_YET))("%s is still without a test", (id) => {
    expect(Object.keys(KNOWN_ATTACKS)).toContain(id);
    expect(named).not.toContain(id);
  });

  test.each([...named])("%s, which a test names, is in the list", (id) => {
    expect(Object.keys(KNOWN_ATTACKS)).toContain(id);
  });
});

test.each(Object.entries(REGRESSIONS))("%s has a test", (_fault, words) => {
  expect(titles.some((title) => title.includes(words))).toBe(true);
});

test.each([
  ["test('FR-01 a', () => {});", ["FR-01 a"]],
  ["test.each([['FR-01 a', 1]])('%s is refused', () => {});", ["FR-01 a", "%s is refused"]],
  ["const CASES = [{ name: `FR-01 ${x}` }];", ["FR-01 "]],
  ["// FR-01 a comment\ntest.skip('FR-01 a', () => {});", []],
  ["describe.todo('FR-01 a');", []],
])("of %j the texts of tests that run are read", (code, texts) => {
  expect(textsOf(code).filter((text) => text !== "")).toEqual(texts);
});

/** Every text of a file that can become part of the title of a test that runs: not comments, and nothing of a test that is skipped. */
function textsOf(code: string): readonly string[] {
  const { program } = parseSync("file.ts", code);
  const skipped: (readonly [start: number, end: number])[] = [];
  const texts: { readonly text: string; readonly start: number }[] = [];
  new Visitor({
    CallExpression: ({ callee, start, end }) => {
      if (/\.(?:skip|todo|fails)\b/.test(code.slice(callee.start, callee.end).split("(", 1)[0] ?? ""))
        skipped.push([start, end]);
    },
    Literal: ({ value, start }) => {
      if (typeof value === "string") texts.push({ text: value, start });
    },
    TemplateElement: ({ value, start }) => {
      texts.push({ text: value.cooked ?? value.raw, start });
    },
  }).visit(program);
  const runs = ({ start }: { readonly start: number }): boolean =>
    !skipped.some(([from, to]) => from <= start && start < to);
  return texts.filter(runs).map(({ text }) => text);
}
