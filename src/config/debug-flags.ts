import { parseCidr } from "../lib/cidr.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Command, flag, type FlagTable } from "./flag-entry.ts";
import type { FlagReader } from "./flag-reader.ts";
import { parseBoolFlag, parsePort } from "./flag-values.ts";

const group = "Debugging";

/** Pages that look into the running process; ingress-nginx has Go's profiler there. */
export const DEBUG_FLAGS = {
  enabled: flag({
    name: "profiling",
    group,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "true",
    devFallback: "false",
    status: { kind: "differs", how: "the pages below /debug/ are other ones: the model, and CPU profiles of Node" },
    doc: "Serves /debug/model and /debug/profile to this machine.",
  }),
  port: flag({
    name: "profiler-port",
    group,
    type: "port",
    parse: parsePort,
    fallback: "10245",
    doc: "Port of these pages; 0 lets the system choose. They are left out, with a warning, where it is taken.",
  }),
  address: flag({
    name: "profiler-address",
    group,
    type: "address",
    parse: parseLoopback,
    fallback: "127.0.0.1",
    status: { kind: "differs", how: "a loopback address only" },
    doc: "Address of these pages.",
  }),
} as const satisfies FlagTable;

/** Where the debug pages are; null for nowhere. */
export type DebugConfig = { readonly address: string; readonly port: number } | null;

export function readDebug(reader: FlagReader, command: Command): DebugConfig {
  const { enabled, address, port } = reader.read(DEBUG_FLAGS, command);
  return enabled ? { address, port } : null;
}

function parseLoopback(text: string): Result<string> {
  const isLoopback = text === "::1" || (text.startsWith("127.") && !text.includes("/") && parseCidr(text).ok);
  return isLoopback ? ok(text) : err("expected a loopback address such as 127.0.0.1: the pages show the whole model");
}
