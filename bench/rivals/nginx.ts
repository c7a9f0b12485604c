import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Running, startPinned } from "../support/processes.ts";
import {
  CANARY_PERCENT,
  FEATURE_HOSTS,
  LIMIT_BURST_MULTIPLIER,
  LIMIT_RPS,
  MANY_HOSTS,
  PLAIN_HOST,
  REGEX_PATHS,
  type Setup,
  STICKY_COOKIE,
} from "./setup.ts";

/** nginx with what ingress-nginx would configure, less its Lua: balancing, canary and affinity are nginx's own. */
export function startNginx(setup: Setup): Promise<Running> {
  const { directory, core, httpPort } = setup;
  const file = join(directory, "nginx.conf");
  writeFileSync(file, configuration(setup));
  const [stdoutFile, stderrFile] = [join(directory, "out.log"), join(directory, "error.log")];
  return startPinned({
    command: ["nginx", "-p", directory, "-c", file],
    core,
    port: httpPort,
    stdoutFile,
    stderrFile,
  });
}

/** ingress-nginx's default format. */
const LOG_FORMAT = `log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_length $request_time [default-app-80] [] $upstream_addr '
    '$upstream_response_length $upstream_response_time $upstream_status $request_id';`;

const FORWARDED = `proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off;
      proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Request-ID $request_id; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Scheme $scheme; proxy_set_header X-Scheme $scheme;`;

function configuration(setup: Setup): string {
  const { directory, backendPort, otherBackendPort, logFile, profile } = setup;
  const log = profile === "log" ? `access_log ${logFile} upstreaminfo buffer=64k flush=1s` : "access_log off";
  return `worker_processes 1; daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  ${LOG_FORMAT}
  ${log}; keepalive_requests 100000000; client_max_body_size 10m; server_names_hash_max_size 65536; server_names_hash_bucket_size 128;
  proxy_temp_path ${directory}/proxy; client_body_temp_path ${directory}/body;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  limit_req_zone $binary_remote_addr zone=limit:5m rate=${LIMIT_RPS}r/s;
  split_clients $request_id $canary { ${CANARY_PERCENT}% canary; * app; }
  upstream app { server 127.0.0.1:${backendPort}; keepalive 320; keepalive_requests 100000000; }
  upstream canary { server 127.0.0.1:${otherBackendPort}; keepalive 320; keepalive_requests 100000000; }
  upstream sticky { hash $cookie_${STICKY_COOKIE} consistent; server 127.0.0.1:${backendPort}; server 127.0.0.1:${otherBackendPort};
    keepalive 320; keepalive_requests 100000000; }
  ${servers(setup).join("\n  ")}
}
`;
}

function servers(setup: Setup): readonly string[] {
  const plain = server(setup, PLAIN_HOST, `location / { ${FORWARDED} proxy_pass http://app; }`);
  if (setup.profile === "hosts") {
    return [
      plain,
      ...MANY_HOSTS.map((host) => server(setup, host, `location / { ${FORWARDED} proxy_pass http://app; }`)),
    ];
  }
  if (setup.profile !== "features") return [plain];
  const burst = LIMIT_RPS * LIMIT_BURST_MULTIPLIER;
  const limit = `limit_req zone=limit burst=${burst} nodelay;`;
  const regexes = REGEX_PATHS.map(
    (path) => `location ~* "^${path}" { rewrite "(?i)${path}" /$2 break; ${FORWARDED} proxy_pass http://app; }`,
  );
  return [
    plain,
    server(setup, FEATURE_HOSTS.regex, regexes.join("\n    ")),
    server(setup, FEATURE_HOSTS.limit, `location / { ${limit} ${FORWARDED} proxy_pass http://app; }`),
    server(setup, FEATURE_HOSTS.canary, `location / { ${FORWARDED} proxy_pass http://$canary; }`),
    server(setup, FEATURE_HOSTS.sticky, `location / { ${FORWARDED} proxy_pass http://sticky; }`),
  ];
}

/** Only the plain host serves TLS: ten thousand certificates are nothing that is measured here. */
function server({ httpPort, httpsPort, certFile, keyFile }: Setup, host: string, locations: string): string {
  const tls =
    host === PLAIN_HOST
      ? `listen 127.0.0.1:${httpsPort} ssl http2 backlog=4096;
    ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:SSL:10m;`
      : "";
  const backlog = host === PLAIN_HOST ? " backlog=4096" : "";
  return `server {
    listen 127.0.0.1:${httpPort}${backlog}; server_name ${host}; ${tls}
    ${locations}
  }`;
}
