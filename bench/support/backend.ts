import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { freePort, type Running, startPinned } from "./processes.ts";

/** nginx that answers from memory, on two ports, and a WebSocket echo behind it. */
export interface Backend {
  readonly port: number;
  readonly otherPort: number;
  stop(): Promise<void>;
}

/** Larger than what the kernel's buffers of a connection hold. */
const BIG_BYTES = 256 * 1_048_576;
const ECHO = resolve(import.meta.dirname, "../programs/websocket-echo.ts");

/**
 * Starts the backend. `/small`, `/10k`, `/1m` and `/big` are answers by size, `/upload` reads a whole body and then says how many bytes
 * came, `/headers` tells the forwarded headers, `/ws` echoes messages.
 */
export async function startBackend(directory: string, core: number): Promise<Backend> {
  const home = join(directory, "backend");
  mkdirSync(home);
  writeFileSync(join(home, "10k"), "x".repeat(10_240));
  writeFileSync(join(home, "1m"), "x".repeat(1_048_576));
  writeFileSync(join(home, "big"), "");
  truncateSync(join(home, "big"), BIG_BYTES);
  const [port, otherPort, echoPort] = [await freePort(), await freePort(), await freePort()];
  const [stdoutFile, stderrFile] = [join(home, "out.log"), join(home, "error.log")];
  const file = join(home, "nginx.conf");
  writeFileSync(file, configuration({ home, port, otherPort, echoPort }));
  const echo = [process.execPath, ECHO, `--port=${echoPort}`];
  const running: readonly Running[] = await Promise.all([
    startPinned({ command: ["nginx", "-p", home, "-c", file], core, port, stdoutFile, stderrFile }),
    startPinned({ command: echo, core, port: echoPort, stdoutFile, stderrFile }),
  ]);
  return {
    port,
    otherPort,
    stop: async () => {
      await Promise.all(running.map((each) => each.stop()));
    },
  };
}

interface Places {
  readonly home: string;
  readonly port: number;
  readonly otherPort: number;
  readonly echoPort: number;
}

/** nginx's `return` answers before it has read a body: uploads take one more hop inside, which reads it whole. */
function configuration({ home, port, otherPort, echoPort }: Places): string {
  const headers = ["host", "x_real_ip", "x_forwarded_for", "x_forwarded_proto", "x_forwarded_host", "x_request_id"];
  return `worker_processes 1; daemon off; master_process off; pid ${home}/nginx.pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 1h;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; client_max_body_size 10m; client_body_buffer_size 2m;
  upstream self { server 127.0.0.1:${port}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096; listen 127.0.0.1:${otherPort} backlog=4096; root ${home};
    location = /small { return 200 "${"x".repeat(100)}"; }
    location = /headers { return 200 "${headers.map((name) => `${name}=$http_${name}`).join("\\n")}\\n"; }
    location = /upload { proxy_pass http://self/received; proxy_http_version 1.1; proxy_pass_request_body off;
      proxy_set_header Connection ""; proxy_set_header Content-Length ""; proxy_set_header X-Length $request_length; }
    location = /received { if ($http_x_length ~ "^10[4-9]\\d{4}$") { return 200 "ok"; } return 400; }
    location = /ws { proxy_pass http://127.0.0.1:${echoPort}; proxy_http_version 1.1; proxy_read_timeout 1h;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }
  }
}
`;
}
