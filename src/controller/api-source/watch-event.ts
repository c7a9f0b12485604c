import { isRecord } from "../../kubernetes/parse-fields.ts";

/** One line of a watch. */
export type WatchEvent =
  | { readonly kind: "changed"; readonly object: Readonly<Record<string, unknown>> }
  | { readonly kind: "deleted"; readonly object: Readonly<Record<string, unknown>> }
  | { readonly kind: "bookmark"; readonly resourceVersion: string }
  /** The watch is over. 410: its position is too old. */
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "malformed" };

const MALFORMED: WatchEvent = { kind: "malformed" };

/** Never throws, whatever the text. */
export function parseWatchEvent(text: string): WatchEvent {
  const json = parseJson(text);
  if (!isRecord(json) || !isRecord(json["object"])) return MALFORMED;
  const object = json["object"];
  switch (json["type"]) {
    case "ADDED":
    case "MODIFIED":
      return { kind: "changed", object };
    case "DELETED":
      return { kind: "deleted", object };
    case "BOOKMARK":
      return { kind: "bookmark", resourceVersion: versionOf(object) };
    case "ERROR":
      return parseError(object);
    default:
      return MALFORMED;
  }
}

/** `metadata.resourceVersion`; empty when there is none. */
function versionOf(object: Readonly<Record<string, unknown>>): string {
  const meta = object["metadata"];
  const version = isRecord(meta) ? meta["resourceVersion"] : undefined;
  return typeof version === "string" ? version : "";
}

function parseError(status: Readonly<Record<string, unknown>>): WatchEvent {
  const { code, message } = status;
  return {
    kind: "error",
    code: typeof code === "number" ? code : 0,
    message: typeof message === "string" ? message : "no reason given",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
