import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, type Running, startPinned } from "./processes.ts";

/** What every proxy under measurement is told: where to listen, where the backend is, which certificate to serve. */
export interface Setup {
  readonly directory: string;
  readonly core: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly backendPort: number;
  /** PEM files of the certificate for `localhost`. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Rival {
  readonly name: string;
  /** Program that must be on the path; null for our own. */
  readonly program: string | null;
  start(setup: Setup): Promise<Running>;
}

const RIVALS: readonly Rival[] = [
  { name: "nginx", program: "nginx", start: startNginx },
  { name: "haproxy", program: "haproxy", start: startHaproxy },
  { name: "caddy", program: "caddy", start: startCaddy },
  { name: "headgate", program: null, start: startHeadgate },
];

/** The rivals that are installed; says which are missing and how to get them. */
export function availableRivals(say: (line: string) => void): readonly Rival[] {
  return RIVALS.filter((rival) => {
    if (rival.program === null || findProgram(rival.program) !== null) return true;
    say(`${rival.name} is not installed and is left out; on Debian: apt-get install ${rival.program}`);
    return false;
  });
}

function startNginx(setup: Setup): Promise<Running> {
  const file = join(setup.directory, "nginx.conf");
  writeFileSync(
    file,
    `worker_processes 1; daemon off; master_process off; pid ${setup.directory}/nginx.pid; error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 1000000; proxy_temp_path ${setup.directory}/proxy; client_body_temp_path ${setup.directory}/body;
  client_max_body_size 10m;
  upstream app { server 127.0.0.1:${setup.backendPort}; keepalive 320; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${setup.httpPort} reuseport; listen 127.0.0.1:${setup.httpsPort} ssl http2 reuseport; server_name localhost;
    ssl_certificate ${setup.certFile}; ssl_certificate_key ${setup.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:SSL:10m;
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Host $http_host; proxy_set_header Connection "";
      proxy_set_header X-Request-ID $request_id; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Scheme $scheme; proxy_set_header X-Scheme $scheme;
    }
  }
}
`,
  );
  return startPinned(setup.core, ["nginx", "-p", setup.directory, "-c", file], setup.httpPort);
}

function startHaproxy(setup: Setup): Promise<Running> {
  const file = join(setup.directory, "haproxy.cfg");
  const pem = join(setup.directory, "haproxy.pem");
  writeFileSync(pem, readFileSync(setup.certFile, "utf8") + readFileSync(setup.keyFile, "utf8"));
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${setup.httpPort}
  bind 127.0.0.1:${setup.httpsPort} ssl crt ${pem} alpn h2,http/1.1
  http-request set-header X-Request-ID %[uuid]
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header X-Forwarded-Scheme %[ssl_fc,iif(https,http)]
  http-request set-header X-Scheme %[ssl_fc,iif(https,http)]
  default_backend app
backend app
  server one 127.0.0.1:${setup.backendPort}
`,
  );
  return startPinned(setup.core, ["haproxy", "-f", file, "-db"], setup.httpPort);
}

function startCaddy(setup: Setup): Promise<Running> {
  const file = join(setup.directory, "Caddyfile");
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  default_bind 127.0.0.1
}
http://localhost:${setup.httpPort} {
  reverse_proxy 127.0.0.1:${setup.backendPort}
}
https://localhost:${setup.httpsPort} {
  tls ${setup.certFile} ${setup.keyFile}
  reverse_proxy 127.0.0.1:${setup.backendPort}
}
`,
  );
  const command = ["env", "GOMAXPROCS=1", "caddy", "run", "--config", file, "--adapter", "caddyfile"];
  return startPinned(setup.core, command, setup.httpPort);
}

function startHeadgate(setup: Setup): Promise<Running> {
  const file = join(setup.directory, "ingress.yaml");
  writeFileSync(file, manifests(setup));
  const main = join(import.meta.dirname, "headgate-main.ts");
  const command = [process.execPath, main, "--file", file, "--http-port", String(setup.httpPort)];
  command.push("--https-port", String(setup.httpsPort));
  return startPinned(setup.core, command, setup.httpPort);
}

function manifests(setup: Setup): string {
  const [cert, key] = [setup.certFile, setup.keyFile].map((file) => readFileSync(file).toString("base64"));
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: bench
  namespace: default
  annotations: { nginx.ingress.kubernetes.io/ssl-redirect: "false" }
spec:
  tls: [{ hosts: [localhost], secretName: bench }]
  rules:
    - host: localhost
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: app, port: { number: 80 } } } }] }
---
apiVersion: v1
kind: Service
metadata: { name: app, namespace: default }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: app-1, namespace: default, labels: { kubernetes.io/service-name: app } }
addressType: IPv4
endpoints: [{ addresses: [127.0.0.1] }]
ports: [{ port: ${setup.backendPort} }]
---
apiVersion: v1
kind: Secret
metadata: { name: bench, namespace: default }
type: kubernetes.io/tls
data: { tls.crt: ${cert}, tls.key: ${key} }
`;
}
