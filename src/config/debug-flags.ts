import { parseCidr } from "../lib/cidr.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { FlagSource } from "./flag-source.ts";
import { honouredFlag, type FlagEntry } from "./flag-entry.ts";
import { parseBoolFlag, parsePort } from "./flag-values.ts";

const group = "Debugging";

/** Pages for whoever looks into the running process; ingress-nginx has Go's profiler there. */
export const DEBUG_FLAGS: readonly FlagEntry[] = [
  honouredFlag({
    name: "profiling",
    group,
    type: "bool",
    fallback: "true",
    devFallback: "false",
    status: { kind: "differs", how: "the pages below /debug/ are other ones: the model, and CPU profiles of Node" },
    doc: "Serves /debug/model and /debug/profile to this machine.",
  }),
  honouredFlag({
    name: "profiler-port",
    group,
    type: "port",
    fallback: "10245",
    doc: "Port of these pages; 0 lets the system choose. They are left out, with a warning, where it is taken.",
  }),
  honouredFlag({
    name: "profiler-address",
    group,
    type: "address",
    fallback: "127.0.0.1",
    status: { kind: "differs", how: "a loopback address only" },
    doc: "Address of these pages.",
  }),
];

/** Where the debug pages are; null for nowhere. */
export type DebugConfig = { readonly address: string; readonly port: number } | null;

export function debugConfig(flags: FlagSource): DebugConfig {
  const enabled = flags.value("profiling", parseBoolFlag);
  const address = flags.value("profiler-address", parseLoopback);
  const port = flags.value("profiler-port", parsePort);
  return enabled ? { address, port } : null;
}

function parseLoopback(text: string): Result<string> {
  const isLoopback = text === "::1" || (text.startsWith("127.") && !text.includes("/") && parseCidr(text).ok);
  return isLoopback ? ok(text) : err("expected a loopback address such as 127.0.0.1: the pages show the whole model");
}
