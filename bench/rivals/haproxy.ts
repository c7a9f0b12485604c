import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Running, startPinned } from "../support/processes.ts";
import {
  CANARY_PERCENT,
  FEATURE_HOSTS,
  LIMIT_RPS,
  MANY_HOSTS,
  REGEX_PATHS,
  type Setup,
  STICKY_COOKIE,
} from "./setup.ts";

/** HAProxy with one thread. */
export function startHaproxy(setup: Setup): Promise<Running> {
  const { directory, core, httpPort, profile, logFile } = setup;
  const file = join(directory, "haproxy.cfg");
  writeFileSync(
    join(directory, "haproxy.pem"),
    readFileSync(setup.certFile, "utf8") + readFileSync(setup.keyFile, "utf8"),
  );
  writeFileSync(join(directory, "hosts.map"), MANY_HOSTS.map((host) => `${host} app\n`).join(""));
  writeFileSync(file, configuration(setup));
  const stdoutFile = profile === "log" ? logFile : join(directory, "out.log");
  const stderrFile = join(directory, "error.log");
  return startPinned({ command: ["haproxy", "-f", file, "-db"], core, port: httpPort, stdoutFile, stderrFile });
}

function configuration(setup: Setup): string {
  const { directory, httpPort, httpsPort, backendPort, otherBackendPort, profile } = setup;
  const { limit, regex } = FEATURE_HOSTS;
  const logging = profile === "log" ? "log stdout format raw local0\n  option httplog" : "";
  return `global
  nbthread 1
  maxconn 9000
defaults
  mode http
  ${logging}
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 75s
  timeout server 60s
  timeout tunnel 60s
frontend in
  bind 127.0.0.1:${httpPort}
  bind 127.0.0.1:${httpsPort} ssl crt ${directory}/haproxy.pem alpn h2,http/1.1
  ${profile === "features" ? `http-request track-sc0 src table limit if { hdr(host),field(1,:) -m str ${limit} }` : ""}
  ${profile === "features" ? `http-request deny deny_status 503 if { sc_http_req_rate(0) gt ${LIMIT_RPS} }` : ""}
  http-request set-header X-Request-ID %[uuid]
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header X-Forwarded-Scheme %[ssl_fc,iif(https,http)]
  http-request set-header X-Scheme %[ssl_fc,iif(https,http)]
  ${profile === "features" ? regexRules(regex) : ""}
  ${backendChoice(setup)}
backend app
  server one 127.0.0.1:${backendPort}
backend other
  server one 127.0.0.1:${otherBackendPort}
backend sticky
  cookie ${STICKY_COOKIE} insert indirect nocache
  server one 127.0.0.1:${backendPort} cookie one
  server two 127.0.0.1:${otherBackendPort} cookie two
backend limit
  stick-table type ip size 100k expire 10s store http_req_rate(1s)
`;
}

function regexRules(host: string): string {
  return REGEX_PATHS.map(
    (path) => `http-request replace-path (?i)^${path} /\\2 if { hdr(host),field(1,:) -m str ${host} }`,
  ).join("\n  ");
}

function backendChoice({ profile, directory }: Setup): string {
  const { canary, sticky } = FEATURE_HOSTS;
  switch (profile) {
    case "features":
      return `use_backend sticky if { hdr(host),field(1,:) -m str ${sticky} }
  use_backend other if { hdr(host),field(1,:) -m str ${canary} } { rand(100) lt ${CANARY_PERCENT} }
  default_backend app`;
    case "hosts":
      return `use_backend %[req.hdr(host),field(1,:),lower,map_str(${directory}/hosts.map,app)]`;
    case "plain":
    case "log":
      return "default_backend app";
    default:
      return profile satisfies never;
  }
}
