import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { AccessLog } from "../../src/observability/observability.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { RawBackend } from "../support/servers/raw-backend.ts";
import { RawClient } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** Lines of ingress-nginx's default format, as they were written. */
const lines: string[] = [];
let waiting = Promise.withResolvers<void>();
let backend: RawBackend;
let fixture: ProxyFixture;

beforeAll(async () => {
  backend = await RawBackend.open((request) => {
    if (request.line.includes("/slow")) return;
    if (request.line.includes("/close")) request.socket.destroy();
    else void request.whenEnded.then(() => request.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"));
  });
  const output = {
    writeLine: (line: string) => {
      lines.push(line);
      waiting.resolve();
    },
  };
  const log = new AccessLog({ stdout: output, stderr: output }, { hostname: "machine", processId: 7 });
  const retry = { ...DEFAULT_SETTINGS.translation.retry, tries: 1 };
  const filters = { bodyLimitBytes: 1024, retry, timeouts: { ...DEFAULT_SETTINGS.translation.timeouts, readMs: 300 } };
  const routes = [
    buildRoute("web", "prefix", "/", filters),
    buildRoute("long", "prefix", "/slow499", { retry }),
    buildRoute("redir", "prefix", "/redir", {
      tlsRedirect: { whenCertificate: false, always: true, preserveTrailingSlash: false },
    }),
    buildRoute("dead", "prefix", "/dead", { retry: { ...retry, tries: 2 } }),
    buildRoute("empty", "prefix", "/empty", filters),
    buildRoute("folder", "prefix", "/folder/", filters),
  ];
  const host = buildHost("a.test", routes, {
    filters: { appRoot: { path: "/x", source: { kind: "Ingress", namespace: "test", name: "web" } } },
  });
  fixture = await ProxyFixture.open(
    {
      hosts: [host],
      endpoints: {
        "test-web-80": [backend.address],
        "test-long-80": [backend.address],
        "test-dead-80": ["127.0.0.1:1", "127.0.0.2:1"],
      },
      settings: { clientHeaderTimeoutMs: 300, clientBodyTimeoutMs: 300 },
    },
    { observer: { onFinish: (exchange) => log.onFinish(exchange) } },
  );
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await backend.close();
});

/** Sends the bytes; a client that leaves does so once the endpoint has its request, or at once. */
async function lineOf(bytes: string, client: "waits" | "leaves"): Promise<string> {
  lines.length = 0;
  const asked = backend.requests.length;
  using connection = await RawClient.connect(fixture.http);
  connection.send(bytes);
  if (client === "leaves" && bytes.includes("499")) {
    await expect.poll(() => backend.requests.length, { timeout: 10_000 }).toBeGreaterThan(asked);
    connection.socket.resetAndDestroy();
  } else if (client === "leaves") {
    connection.socket.end();
  }
  const expired = AbortSignal.timeout(10_000);
  while (lines.length === 0) {
    if (expired.aborted) throw new Error("no line came");
    await Promise.race([waiting.promise, new Promise((resolve) => expired.addEventListener("abort", resolve))]);
    waiting = Promise.withResolvers<void>();
  }
  return lines[0] ?? "";
}

/** What differs from run to run, and the length of our own pages, made the same. */
function normal(line: string): string {
  return line
    .replace(/^127\.0\.0\.1 - - \[[^\]]*\] /, "")
    .replace(/^("(?:[^"]*)" \d+) ([1-9]\d*)/, "$1 N")
    .replace(/ \d+\.\d{3} \[/, " T [")
    .replaceAll(/127\.0\.0\.[12]:1\b/g, "DEAD")
    .replaceAll(/127\.0\.0\.1:\d{2,}/g, "ADDR")
    .replaceAll(/(\d+) \d\.\d{3} (-|\d{3}) (\S+)$/g, "$1 T $2 $3")
    .replaceAll(/\b[0-9a-f]{32}$/g, "ID")
    .replace(/0, 0 \d\.\d{3}, \d\.\d{3}/, "0, 0 T, T");
}

const HOST = "Host: a.test\r\n";

describe("odd lines of the access log", () => {
  /** What nginx 1.22 writes for the same bytes with this format; where a page is sent its length is N. */
  const SAME: readonly (readonly [name: string, bytes: string, client: "waits" | "leaves", line: string])[] = [
    [
      "bytes that are no HTTP",
      "\u0016\u0003\u0001\u0000\u0005hello\u00ffworld\u009b\r\n\r\n",
      "waits",
      String.raw`"\x16\x03\x01\x00\x05hello\xFFworld\x9B" 400 N "-" "-" 0 T [] [] - - - - ID`,
    ],
    [
      "an unknown version",
      `GET /v HTTP/9.9\r\n${HOST}\r\n`,
      "waits",
      '"GET /v HTTP/9.9" 505 N "-" "-" 0 T [] [] - - - - ID',
    ],
    ["a bad method", `G<T /m HTTP/1.1\r\n${HOST}\r\n`, "waits", '"G<T /m HTTP/1.1" 400 N "-" "-" 0 T [] [] - - - - ID'],
    [
      "no host",
      "GET /nohost HTTP/1.1\r\nX-A: b\r\n\r\n",
      "waits",
      '"GET /nohost HTTP/1.1" 400 N "-" "-" 32 T [] [] - - - - ID',
    ],
    [
      "a length that is none, with an id of the client's",
      `POST /badlength HTTP/1.1\r\n${HOST}X-Request-ID: mine\r\nContent-Length: x\r\n\r\nab`,
      "waits",
      '"POST /badlength HTTP/1.1" 400 N "-" "-" 81 T [] [] - - - - mine',
    ],
    [
      "two framings",
      `POST /both HTTP/1.1\r\n${HOST}X-Request-ID: mine\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc`,
      "waits",
      '"POST /both HTTP/1.1" 400 N "-" "-" 104 T [] [] - - - - mine',
    ],
    [
      "TRACE",
      `TRACE /trace HTTP/1.1\r\n${HOST}\r\n`,
      "waits",
      '"TRACE /trace HTTP/1.1" 405 N "-" "-" 39 T [] [] - - - - ID',
    ],
    [
      "an absolute URL",
      `GET http://a.test/abs?q=1 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      "waits",
      '"GET http://a.test/abs?q=1 HTTP/1.1" 200 N "-" "-" 71 T [test-web-80] [] ADDR 3 T 200 ID',
    ],
    [
      "a body with a length",
      `POST /length HTTP/1.1\r\n${HOST}Content-Length: 10\r\nConnection: close\r\n\r\n0123456789`,
      "waits",
      '"POST /length HTTP/1.1" 200 N "-" "-" 88 T [test-web-80] [] ADDR 3 T 200 ID',
    ],
    [
      "chunks, their framing and trailers included",
      `POST /chunked HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;ext=1\r\nhello\r\n0\r\nT: r\r\n\r\n`,
      "waits",
      '"POST /chunked HTTP/1.1" 200 N "-" "-" 114 T [test-web-80] [] ADDR 3 T 200 ID',
    ],
    [
      "a body that is declared too large",
      `POST /toolarge HTTP/1.1\r\n${HOST}Content-Length: 5000\r\nConnection: close\r\n\r\n${"x".repeat(100)}`,
      "waits",
      '"POST /toolarge HTTP/1.1" 413 N "-" "-" 82 T [-] [] - - - - ID',
    ],
    [
      "a redirect of the location",
      `POST /redir HTTP/1.1\r\n${HOST}Content-Length: 100\r\nConnection: close\r\n\r\n${"x".repeat(100)}`,
      "waits",
      '"POST /redir HTTP/1.1" 308 N "-" "-" 78 T [test-redir-80] [] - - - - ID',
    ],
    [
      "a redirect of the server",
      `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      "waits",
      '"GET / HTTP/1.1" 302 N "-" "-" 51 T [-] [] - - - - ID',
    ],
    [
      "no endpoints",
      `GET /empty HTTP/1.1\r\n${HOST}\r\n`,
      "waits",
      '"GET /empty HTTP/1.1" 503 N "-" "-" 37 T [test-empty-80] [] - - - - ID',
    ],
    [
      "a client that leaves",
      `GET /slow499 HTTP/1.1\r\n${HOST}\r\n`,
      "leaves",
      '"GET /slow499 HTTP/1.1" 499 0 "-" "-" 39 T [test-long-80] [] ADDR 0 T - ID',
    ],
    [
      "an endpoint that does not answer",
      `GET /slow504 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      "waits",
      '"GET /slow504 HTTP/1.1" 504 N "-" "-" 58 T [test-web-80] [] ADDR 0 T 504 ID',
    ],
    [
      "endpoints where nobody listens",
      `GET /dead HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      "waits",
      '"GET /dead HTTP/1.1" 502 N "-" "-" 55 T [test-dead-80] [] DEAD, DEAD 0, 0 T, T 502, 502 ID',
    ],
    [
      "an endpoint that closes",
      `GET /close HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      "waits",
      '"GET /close HTTP/1.1" 502 N "-" "-" 56 T [test-web-80] [] ADDR 0 T 502 ID',
    ],
    [
      "a body that stops",
      `POST /partbody HTTP/1.1\r\n${HOST}Content-Length: 50\r\n\r\nabc`,
      "waits",
      '"POST /partbody HTTP/1.1" 408 0 "-" "-" 64 T [test-web-80] [] ADDR 0 T - ID',
    ],
  ];
  test.each(SAME)("%s: as in nginx", async (_name, bytes, client, line) => {
    expect(normal(await lineOf(bytes, client))).toBe(line);
  });

  /** Where nginx answers otherwise, or counts otherwise what came. */
  const OTHERWISE: typeof SAME = [
    [
      "a line that never ends (nginx closes without an answer)",
      "GET /part",
      "waits",
      '"GET /part" 408 N "-" "-" 0 T [] [] - - - - ID',
    ],
    [
      "a head that never ends (nginx closes without an answer)",
      `GET /parthead HTTP/1.1\r\n${HOST}X-B: c`,
      "waits",
      '"GET /parthead HTTP/1.1" 408 N "-" "-" 38 T [] [] - - - - ID',
    ],
    [
      "a head that breaks off (nginx sends no answer)",
      `GET /trunc HTTP/1.1\r\n${HOST}X-B: c`,
      "leaves",
      '"GET /trunc HTTP/1.1" 400 N "-" "-" 35 T [] [] - - - - ID',
    ],
    [
      "a line that is too long (nginx logs 8 KiB of it)",
      `GET /${"a".repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`,
      "waits",
      `"GET /${"a".repeat(1019)}" 414 N "-" "-" 0 T [] [] - - - - ID`,
    ],
    [
      "a field that is none (nginx does not count the fields behind it)",
      `GET /badheader HTTP/1.1\r\n${HOST}User-Agent: me\r\nBad Name: x\r\n\r\n`,
      "waits",
      '"GET /badheader HTTP/1.1" 400 N "-" "me" 68 T [] [] - - - - ID',
    ],
  ];
  test.each(OTHERWISE)("%s", async (_name, bytes, client, line) => {
    expect(normal(await lineOf(bytes, client))).toBe(line);
  });

  test("a head in pieces is told of as one that comes whole", async () => {
    lines.length = 0;
    using connection = await RawClient.connect(fixture.http);
    connection.send(`GET http://a.test/p HTTP/1.1\r\n${HOST}`);
    connection.send("Content-Length: x\r\n\r\n");
    await connection.until((received) => received.includes("\r\n\r\n"));
    expect(normal(lines[0] ?? "")).toMatch(
      /^"GET http:\/\/a\.test\/p HTTP\/1\.1" 400 N "-" "-" \d+ T \[\] \[\] - - - - ID$/,
    );
  });
});
