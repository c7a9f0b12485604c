import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilTrue } from "../waiting/waiting.ts";

const MORE_HEADERS = "/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so";

const BROTLI = "/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so";

/** True where Debian's `libnginx-mod-http-brotli-filter` is installed, too. */
export function hasNginxBrotli(): boolean {
  return existsSync(BROTLI);
}

/** True where Debian's `nginx` and its `libnginx-mod-http-headers-more-filter` are installed. */
export function hasNginx(): boolean {
  return spawnSync("nginx", ["-v"], { stdio: "ignore" }).status === 0 && existsSync(MORE_HEADERS);
}

/** A real nginx with one server on a Unix socket: the reference for what ingress-nginx's template makes of annotations. */
export class NginxProcess implements AsyncDisposable {
  readonly socketPath: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.socketPath = socketIn(folder);
  }

  /** Resolves once it listens. `server` is text for the inside of the server block. */
  static async open(server: string): Promise<NginxProcess> {
    const folder = await mkdtemp(join(tmpdir(), "headgate-nginx-"));
    const config = join(folder, "nginx.conf");
    await writeFile(config, configuration(folder, server));
    const child = spawn("nginx", ["-c", config, "-e", join(folder, "error.log")], { stdio: "ignore" });
    child.on("error", () => {});
    // nginx writes it when its sockets listen.
    await untilTrue(() => existsSync(pidIn(folder)) || child.exitCode !== null);
    if (child.exitCode !== null) throw new Error(await readFile(join(folder, "error.log"), "utf8"));
    return new NginxProcess(child, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const gone = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function configuration(folder: string, server: string): string {
  return `
load_module ${MORE_HEADERS};
${hasNginxBrotli() ? `load_module ${BROTLI};` : ""}
daemon off;
worker_processes 1;
pid ${pidIn(folder)};
events { worker_connections 64; }
http {
  access_log off;
  server_tokens off;
  server {
    listen unix:${socketIn(folder)};
    ${server}
  }
}
`;
}

function socketIn(folder: string): string {
  return join(folder, "nginx.sock");
}

function pidIn(folder: string): string {
  return join(folder, "nginx.pid");
}
