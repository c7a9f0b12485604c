import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Running, startPinned } from "../support/processes.ts";
import { PLAIN_HOST, type Setup } from "./setup.ts";

/** Caddy on one core, with the forwarded headers that it does not send by itself. */
export function startCaddy(setup: Setup): Promise<Running> {
  const { directory, core, httpPort, httpsPort, certFile, keyFile } = setup;
  const file = join(directory, "Caddyfile");
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  default_bind 127.0.0.1
  log {
    level ERROR
  }
}
http://${PLAIN_HOST}:${httpPort} {
${reverseProxy(setup)}
}
https://${PLAIN_HOST}:${httpsPort} {
  tls ${certFile} ${keyFile}
${reverseProxy(setup)}
}
`,
  );
  const command = [
    "env",
    "GOMAXPROCS=1",
    `HOME=${directory}`,
    "caddy",
    "run",
    "--config",
    file,
    "--adapter",
    "caddyfile",
  ];
  const [stdoutFile, stderrFile] = [join(directory, "out.log"), join(directory, "error.log")];
  return startPinned({ command, core, port: httpPort, stdoutFile, stderrFile });
}

function reverseProxy({ backendPort }: Setup): string {
  return `  reverse_proxy 127.0.0.1:${backendPort} {
    header_up X-Request-ID {http.request.uuid}
    header_up X-Real-IP {remote_host}
    header_up X-Forwarded-Port {http.request.port}
    header_up X-Forwarded-Scheme {scheme}
    header_up X-Scheme {scheme}
    transport http {
      keepalive_idle_conns_per_host 320
    }
  }`;
}
