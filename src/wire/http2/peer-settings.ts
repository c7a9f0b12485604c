import { CODE, MAX_FRAME_BYTES, MAX_WINDOW_BYTES, SETTING } from "./frames.ts";

/** What a SETTINGS frame of the client asks for, as far as it matters to us; the error code when it is none. */
export type SettingsVerdict =
  | { readonly kind: "settings"; readonly initialWindowBytes: number | null }
  | { readonly kind: "error"; readonly code: number };

const ENTRY_BYTES = 6;
const LARGEST_FRAME = 0xff_ffff;

/**
 * Reads the payload of SETTINGS. Table size, frame size and concurrency do not matter: we use no table, send frames of the size
 * that everybody takes, and open no streams.
 */
export function parseSettings(payload: Buffer): SettingsVerdict {
  if (payload.length % ENTRY_BYTES !== 0) return { kind: "error", code: CODE.frameSizeError };
  let initialWindowBytes: number | null = null;
  for (let at = 0; at < payload.length; at += ENTRY_BYTES) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case SETTING.enablePush:
        if (value > 1) return { kind: "error", code: CODE.protocolError };
        break;
      case SETTING.initialWindowSize:
        if (value > MAX_WINDOW_BYTES) return { kind: "error", code: CODE.flowControlError };
        initialWindowBytes = value;
        break;
      case SETTING.maxFrameSize:
        if (value < MAX_FRAME_BYTES || value > LARGEST_FRAME) return { kind: "error", code: CODE.protocolError };
        break;
      default:
        break;
    }
  }
  return { kind: "settings", initialWindowBytes };
}

/** A SETTINGS payload. */
export function formatSettings(settings: ReadonlyMap<number, number>): Buffer {
  const payload = Buffer.alloc(settings.size * ENTRY_BYTES);
  let at = 0;
  for (const [id, value] of settings) {
    payload.writeUInt16BE(id, at);
    payload.writeUInt32BE(value, at + 2);
    at += ENTRY_BYTES;
  }
  return payload;
}
