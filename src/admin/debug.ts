import type { ModelDelta } from "../model/model.ts";
import { printModel } from "../model/print-model.ts";
import {
  openPageServer,
  type Page,
  type PageRequest,
  type PageServer,
  type PageServerOptions,
  plain,
  type Routes,
} from "./page-server.ts";

/** What the debug pages show. */
export interface DebugSources {
  /** The model being served, in pieces; none before the first. */
  model(): Iterable<ModelDelta>;
  /** Names of the threads that can be profiled: `main`, and the workers' numbers. */
  threads(): readonly string[];
  /** Starts a CPU profile of one of them; what it resolves with ends it and gives it as JSON. */
  profile(thread: string): Promise<CpuProfile>;
}

interface CpuProfile {
  stop(): string | Promise<string>;
}

const INDEX = `/debug/model                         the model being served, as JSON, without private keys
/debug/profile?thread=main&seconds=5  a CPU profile for Chrome's developer tools (save it as name.cpuprofile)`;
const JSON_TYPE = "application/json; charset=utf-8";
const DEFAULT_SECONDS = 5;
const MAX_SECONDS = 60;
/** Names under which only this machine is reached: others would be a web page that made its name point here. */
const LOCAL_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Pages that look into the running process. For a loopback address. Rejects when it cannot be bound. */
export async function openDebug(options: PageServerOptions, sources: DebugSources): Promise<PageServer> {
  return await openPageServer(options, debugRoutes(sources), ({ headers }) => LOCAL_NAME.test(headers.host ?? ""));
}

function debugRoutes(sources: DebugSources): Routes {
  let isBusy = false;
  const profileOne = async (request: PageRequest): Promise<Page> => {
    if (isBusy) return plain(409, "another profile is being taken");
    isBusy = true;
    try {
      return await takeProfile(sources, request);
    } finally {
      isBusy = false;
    }
  };
  return new Map<string, (request: PageRequest) => Page | Promise<Page>>([
    ["/debug/", () => plain(200, INDEX)],
    ["/debug/model", () => ({ status: 200, contentType: JSON_TYPE, body: printModel(sources.model()) })],
    ["/debug/profile", profileOne],
  ]);
}

async function takeProfile(sources: DebugSources, { query, signal }: PageRequest): Promise<Page> {
  const thread = query.get("thread") ?? "main";
  const threads = sources.threads();
  if (!threads.includes(thread)) return plain(400, `thread: expected one of ${threads.join(", ")}`);
  const seconds = Number(query.get("seconds") ?? DEFAULT_SECONDS);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) return plain(400, `seconds: expected at most ${MAX_SECONDS}`);
  const profile = await sources.profile(thread);
  await passed(seconds * 1000, signal);
  return { status: 200, contentType: JSON_TYPE, body: await profile.stop() };
}

/** Resolves after that time, or when the client is gone. */
async function passed(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
