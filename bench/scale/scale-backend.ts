import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, startPinned } from "../support/processes.ts";
import type { BackendPorts } from "./objects.ts";

export interface ScaleBackend {
  readonly ports: BackendPorts;
  stop(): Promise<void>;
}

/** nginx on three ports that answer A, B and C, on every loopback address. */
export async function startScaleBackend(directory: string): Promise<ScaleBackend> {
  const ports = { A: await freePort(), B: await freePort(), C: await freePort() };
  const file = join(directory, "backend.conf");
  const servers = Object.entries(ports).map(
    ([letter, port]) =>
      `server { listen ${port}; location / { add_header X-Backend ${letter}; return 200 "${letter}"; } }`,
  );
  writeFileSync(
    file,
    `worker_processes 1; daemon off; master_process off; pid ${directory}/backend.pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 1h; client_body_temp_path ${directory}/body;
${servers.join("\n")}
}
`,
  );
  const running = await startPinned({
    command: ["nginx", "-p", directory, "-c", file],
    core: "all",
    port: ports.A,
    stdoutFile: join(directory, "backend.log"),
    stderrFile: join(directory, "backend.log"),
  });
  return { ports, stop: () => running.stop() };
}
