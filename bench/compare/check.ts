import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Setup } from "../rivals/setup.ts";
import { STICKY_COOKIE } from "../rivals/setup.ts";
import type { Scenario } from "../scenarios/scenario.ts";

const execute = promisify(execFile);
const DEADLINE_SECONDS = 10;
const UPLOAD_BYTES = 1_048_576;
const OUTPUT_LIMIT_BYTES = 1 << 23;
const SET_COOKIE = new RegExp(`^set-cookie: (${STICKY_COOKIE}=[^;\\r\\n]+)`, "im");

/**
 * Asks a rival once what the scenario will ask it for. Rejects when status, length or HTTP version are wrong, or when the backend did
 * not get the forwarded headers that ingress-nginx sends. Resolves with the affinity cookie that it set, `name=value` or empty.
 */
export async function checkAnswer(scenario: Scenario, setup: Setup): Promise<string> {
  const { host, path, load } = scenario;
  if (load.kind === "websocket") return "";
  const answer = await ask(scenario, setup, [`${base(scenario, setup)}${path}`, ...uploadArgs(scenario, setup)]);
  const expected = `200 ${scenario.answerBytes} ${scenario.needsHttp2 === "yes" ? "2" : "1.1"}`;
  if (answer.summary !== expected) throw new Error(`answers "${answer.summary}" for ${host}${path}, not "${expected}"`);
  if (host !== "localhost") return answer.cookie;
  const told = (await ask(scenario, setup, [`${base(scenario, setup)}/headers`])).body;
  const authority = `${host}:${portOf(scenario, setup)}`;
  for (const line of expectedHeaders(authority, scenario.scheme)) {
    if (!line.test(told)) throw new Error(`does not send ${line.source} to the backend, but:\n${told}`);
  }
  return answer.cookie;
}

function expectedHeaders(authority: string, scheme: string): readonly RegExp[] {
  return [
    new RegExp(`^host=${authority}$`, "m"),
    /^x_real_ip=127\.0\.0\.1$/m,
    /^x_forwarded_for=127\.0\.0\.1$/m,
    new RegExp(`^x_forwarded_proto=${scheme}$`, "m"),
    new RegExp(`^x_forwarded_host=${authority}$`, "m"),
    /^x_request_id=.{16,}$/m,
  ];
}

interface Answer {
  /** Status, bytes of the body and HTTP version. */
  readonly summary: string;
  readonly body: string;
  readonly cookie: string;
}

async function ask(scenario: Scenario, setup: Setup, args: readonly string[]): Promise<Answer> {
  const version = scenario.needsHttp2 === "yes" ? "--http2" : "--http1.1";
  const resolve = `${scenario.host}:${portOf(scenario, setup)}:127.0.0.1`;
  const common = ["-sk", version, "-i", "-m", String(DEADLINE_SECONDS), "--resolve", resolve];
  const format = "\n%{http_code} %{size_download} %{http_version}";
  const { stdout } = await execute("curl", [...common, "-w", format, ...args], { maxBuffer: OUTPUT_LIMIT_BYTES });
  const [headEnd, end] = [stdout.indexOf("\r\n\r\n"), stdout.lastIndexOf("\n")];
  const cookie = SET_COOKIE.exec(stdout.slice(0, headEnd))?.[1] ?? "";
  return { summary: stdout.slice(end + 1), body: stdout.slice(headEnd + 4, end), cookie };
}

function uploadArgs({ load }: Scenario, { directory }: Setup): readonly string[] {
  if (load.kind !== "upload") return [];
  const file = join(directory, "upload");
  writeFileSync(file, "x".repeat(UPLOAD_BYTES));
  const framing = load.framing === "chunked" ? ["-H", "Transfer-Encoding: chunked"] : [];
  return ["-H", "Expect:", ...framing, "-X", "POST", "--data-binary", `@${file}`];
}

function base(scenario: Scenario, setup: Setup): string {
  return `${scenario.scheme}://${scenario.host}:${portOf(scenario, setup)}`;
}

function portOf({ scheme }: Scenario, { httpPort, httpsPort }: Setup): number {
  return scheme === "https" ? httpsPort : httpPort;
}
