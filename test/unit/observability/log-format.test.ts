import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deltaOf, onlyOne } from "../../../src/model/delta.ts";
import { parseConfigMap } from "../../../src/annotations/annotations.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import { LOG_FAMILIES, LOG_VARIABLES } from "../../../src/model/log-format.ts";
import { readLogFormat } from "../../../src/annotations/config-keys/read-log-format.ts";
import type { Settings } from "../../../src/model/settings.ts";
import { AccessLog } from "../../../src/observability/observability.ts";
import { anAttempt, anExchange, aRoute, fields, overTls } from "../../support/builders/finished-exchange.ts";

const SOURCE = { kind: "ConfigMap", namespace: "ingress", name: "controller" };

function configured(data: Readonly<Record<string, string>>): {
  readonly settings: Settings;
  readonly messages: string[];
} {
  const { settings, problems } = parseConfigMap(new Map(Object.entries(data)), SOURCE);
  return { settings, messages: problems.map(({ message }) => message) };
}

interface Written {
  readonly stdout: string[];
  readonly stderr: string[];
}

function written(data: Readonly<Record<string, string>>, ...exchanges: readonly FinishedExchange[]): Written {
  const lines: Written = { stdout: [], stderr: [] };
  const outputs = {
    stdout: { writeLine: (line: string) => lines.stdout.push(line) },
    stderr: { writeLine: (line: string) => lines.stderr.push(line) },
  };
  const log = new AccessLog(outputs, { hostname: "machine", processId: 7 });
  const { settings } = configured(data);
  log.apply(deltaOf({ settings: onlyOne(settings) }));
  for (const exchange of exchanges) log.onFinish(exchange);
  return lines;
}

function lineOf(format: string, exchange: FinishedExchange, more: Readonly<Record<string, string>> = {}): string {
  return written({ "log-format-upstream": format, ...more }, exchange).stdout[0] ?? "nothing";
}

const POST = anExchange({
  route: aRoute({ path: "/api" }),
  method: "POST",
  target: "/api/%61?Id=7&x",
  path: "/api/a",
  authority: "Shop.example.com:8443",
  client: overTls(),
  publicScheme: "https",
  requestHeaders: fields({
    "content-type": "text/plain",
    "x-forwarded-for": "198.51.100.1",
    cookie: "a=1; Session=s3",
    authorization: `Basic ${Buffer.from("ann:secret").toString("base64")}`,
  }),
  responseHeaders: fields({ "x-cache": "hit" }),
  upstreamHeaders: fields({ "x-cache": "HIT", "content-type": "text/html" }),
  status: 201,
});

describe("a log format", () => {
  test("is written for a request without a host, too (Envoy CVE-2026-47220)", () => {
    const nameless = anExchange({ authority: "", route: null, status: 400 });
    const line = lineOf("$host|$http_host|$server_name|$ssl_server_name|$service_name|$request_id", nameless);
    expect(line.split("|")).toHaveLength(6);
    expect(line).not.toMatch(/undefined|null|NaN/);
  });

  test.each([
    ["$request", "POST /api/%61?Id=7&x HTTP/1.1"],
    ["$request_uri $uri $args $is_args $arg_id", "/api/%61?Id=7&x /api/a Id=7&x ? 7"],
    [
      "$scheme $https $ssl_protocol $ssl_cipher $ssl_server_name",
      "https on TLSv1.3 TLS_AES_128_GCM_SHA256 shop.example.com",
    ],
    ["$host $http_host $server_name $server_port", "shop.example.com Shop.example.com:8443 shop.example.com 443"],
    ["$namespace/$ingress_name $service_name:$service_port $location_path", "shop/web web:80 /api"],
    ["${remote_addr}x$remote_user", "192.0.2.7xann"],
    ["$http_content_type $cookie_session $sent_http_x_cache $upstream_http_x_cache", "text/plain s3 hit HIT"],
    ["$proxy_add_x_forwarded_for", "198.51.100.1, 192.0.2.7"],
    ["$hostname $pid", "machine 7"],
    ["$time_iso8601 $msec", "2026-11-21T09:08:07+00:00 1795252087.012"],
    ["$http_missing $cookie_missing $arg_missing $arg_x $proxy_protocol_addr", "- - - - -"],
    ["$upstream_connect_time $upstream_header_time", "0.001 0.007"],
    ["100$ $", "100$ $"],
  ])("%j gives %j", (format, line) => {
    expect(lineOf(format, POST)).toBe(line);
  });

  test("in JSON is one valid JSON object a line, whatever clients send", () => {
    const format = '{"uri":"$request_uri","agent":"$http_user_agent","none":"$http_none","status":$status}';
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (target, agent) => {
        const exchange = anExchange({ target: `/${target}`, requestHeaders: fields({ "user-agent": agent }) });
        const line = lineOf(format, exchange, { "log-format-escape-json": "true" });
        expect(line).not.toMatch(/[\r\n]/);
        expect(JSON.parse(line)).toEqual({ uri: `/${target}`, agent, none: "", status: 200 });
      }),
    );
  });

  test("without escaping still keeps a value inside its line", () => {
    const exchange = anExchange({ path: '/a\n"b"', requestHeaders: fields({}) });
    const line = lineOf('"$uri" $http_x', exchange, { "log-format-escape-none": "true" });
    expect(line).toBe(String.raw`"/a\x0A"b"" `);
  });

  test.each(["log-format-escape-json", "log-format-escape-none", "escape-default"])(
    "lets no control character of a client pass, C1 included, with %s",
    (key) => {
      const controls = Array.from({ length: 0xa0 }, (_, code) => code)
        .filter((code) => code < 0x20 || code >= 0x7f)
        .map((code) => String.fromCharCode(code))
        .join("");
      const names = [...Object.keys(LOG_VARIABLES), ...Object.keys(LOG_FAMILIES).map((family) => `${family}x`)];
      const sent = { getAll: () => [controls] };
      const exchange = anExchange({
        method: `G${controls}`,
        target: `/${controls}?x=${controls}`,
        path: `/${controls}`,
        host: controls,
        authority: controls,
        publicAuthority: controls,
        requestId: controls,
        requestHeaders: sent,
        responseHeaders: sent,
        upstreamHeaders: sent,
      });
      for (const name of names) {
        expect(lineOf(`$${name}`, exchange, { [key]: "true" }), name).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    },
  );

  test("has a value for every variable that is documented", () => {
    const names = [...Object.keys(LOG_VARIABLES), ...Object.keys(LOG_FAMILIES).map((family) => `${family}x`)];
    const bare = anExchange({ route: aRoute(), attempts: [], target: "", method: "", requestHeaders: fields({}) });
    for (const exchange of [POST, bare]) {
      for (const name of names) expect(lineOf(`<$${name}>`, exchange), name).toMatch(/^<[^<>]*>$/);
    }
  });

  test("takes any text, and its pieces put together again are the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { pieces } = readLogFormat(text.replaceAll("$", ""));
        expect(pieces.map((piece) => (piece.kind === "text" ? piece.text : "?")).join("")).toBe(
          text.replaceAll("$", ""),
        );
        expect(() => readLogFormat(text)).not.toThrow();
      }),
    );
  });

  test("names an unknown variable and logs it as unset", () => {
    const data = { "log-format-upstream": "$remote_adr $status" };
    expect(configured(data).messages).toEqual([
      "log-format-upstream: unknown variable $remote_adr, did you mean $remote_addr?; the log has it as unset",
    ]);
    expect(written(data, POST).stdout).toEqual(["- 201"]);
  });

  test("writes what nginx writes for a retried request", () => {
    const failed = anAttempt({ address: "10.0.0.2:80", status: 0 });
    const retried = anExchange({ attempts: [failed, anAttempt()] });
    expect(lineOf("$upstream_addr $upstream_header_time $upstream_status", retried)).toBe(
      "10.0.0.2:80, 10.0.0.1:8080 -, 0.007 502, 200",
    );
  });
});

describe("what is logged", () => {
  const found = anExchange({ route: aRoute() });
  const defaultBackend = anExchange({
    route: aRoute({ source: null, action: { kind: "not-found" } }),
    virtualHost: { id: "_", isDefault: true },
    status: 404,
  });
  const healthCheck = anExchange({ route: null, attempts: [], virtualHost: { id: "_", isDefault: true } });

  test("is every request of a route, but no health check and nothing that only the default backend answers", () => {
    expect(written({}, found, defaultBackend, healthCheck).stdout).toHaveLength(1);
  });

  test("includes the default backend where that is asked for", () => {
    const data = { "enable-access-log-for-default-backend": "true" };
    expect(written(data, found, defaultBackend, healthCheck).stdout).toHaveLength(2);
  });

  test.each(["disable-access-log", "disable-http-access-log"])("is nothing with %s", (key) => {
    expect(written({ [key]: "true" }, found)).toEqual({ stdout: [], stderr: [] });
  });

  test.each([
    ["/dev/stderr", "stderr"],
    ["/var/log/nginx/access.log", "stdout"],
  ] as const)("goes with access-log-path %s to %s", (path, target) => {
    expect(written({ "access-log-path": path }, found)[target]).toHaveLength(1);
  });

  test("goes to standard output where a file is named, which is told", () => {
    const data = { "http-access-log-path": "/tmp/requests.log" };
    expect(written(data, found).stdout).toHaveLength(1);
    expect(configured(data).messages).toEqual([expect.stringContaining("the log goes to standard output")]);
  });

  test.each([
    ["/ping", "/ping", "skipped"],
    ["/PING", "/ping", "skipped"],
    ["/ping", "/ping?x", "logged"],
    ["~^/metrics", "/metrics/a?b", "skipped"],
    ["~^/metrics", "/Metrics", "logged"],
    ["~*^/metrics", "/Metrics", "skipped"],
    ["/a,~b$", "/xb", "skipped"],
    ["/a,~b$", "/x", "logged"],
  ])("leaves out with skip-access-log-urls %s: %s is %s", (urls, target, outcome) => {
    const { stdout } = written({ "skip-access-log-urls": urls }, anExchange({ route: aRoute(), target }));
    expect(stdout).toHaveLength(outcome === "skipped" ? 0 : 1);
  });

  test("is not cut short by a pattern that is too large, or by one that takes too long to tell", () => {
    const data = { "skip-access-log-urls": "~a{1000}b{1000}c{1000}" };
    expect(configured(data).messages).toEqual([expect.stringContaining("is too large as a regex")]);
    const evil = Array.from({ length: 50 }, (_, i) => `~.*[a-z]{900}x${i}$`).join(",");
    const target = `/${Array.from({ length: 8000 }, (_, i) => String.fromCharCode(97 + ((i * i) % 26))).join("")}`;
    const exchange = anExchange({ route: aRoute(), target });
    expect(written({ "skip-access-log-urls": evil }, exchange).stdout).toHaveLength(1);
  });

  test("is not cut short by a pattern that is no regex in RE2 syntax", () => {
    const data = { "skip-access-log-urls": "~(?=x),/ping" };
    expect(configured(data).messages).toEqual([expect.stringContaining("is no regex in RE2 syntax")]);
    expect(written(data, anExchange({ route: aRoute(), target: "/ping" }), found).stdout).toHaveLength(1);
  });
});
