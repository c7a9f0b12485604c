import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** True where Debian's `prometheus` is installed. */
export function hasPrometheus(): boolean {
  return spawnSync("prometheus", ["--version"], { stdio: "ignore" }).status === 0;
}

const START_DEADLINE_MS = 30_000;

/** A real Prometheus that scrapes one target every second. */
export class PrometheusProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #port: number;

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.#port = port;
  }

  /** Resolves once it listens. */
  static async scraping(port: number): Promise<PrometheusProcess> {
    const folder = await mkdtemp(join(tmpdir(), "headgate-prometheus-"));
    const config = join(folder, "prometheus.yml");
    const job = `{ job_name: headgate, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }`;
    await writeFile(config, `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs: [${job}]\n`);
    const child = spawn(
      "prometheus",
      [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`, "--web.listen-address=127.0.0.1:0"],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    return new PrometheusProcess(child, folder, await portOf(child));
  }

  /** How many series an instant query returns. Rejects with Prometheus' own words when it does not parse. */
  async seriesCount(expression: string, signal: AbortSignal): Promise<number> {
    const url = `http://127.0.0.1:${this.#port}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const answer = (await (await fetch(url, { signal })).json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
    };
    if (answer.status !== "success") throw new Error(`${expression}: ${answer.error}`);
    return (answer.data?.result ?? []).filter(({ value }) => value[1] !== "NaN").length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The port that the system chose, from the log. */
async function portOf(child: ChildProcess): Promise<number> {
  const deadline = AbortSignal.timeout(START_DEADLINE_MS);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
    const port = /msg="Listening on" address=\S*:(\d+)/.exec(log)?.[1];
    if (port !== undefined) resolve(Number(port));
  });
  const fail = (): void => reject(new Error(`Prometheus did not start:\n${log}`));
  child.once("exit", fail);
  deadline.addEventListener("abort", fail);
  return promise;
}
