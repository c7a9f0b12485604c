import type { DataPlaneSettings } from "../../model/settings.ts";
import type { Http1ServerOptions, Http2ServerOptions, TimerWheel } from "../../wire/wire.ts";

/** What a new connection is served with. */
export interface WireOptions {
  readonly useHttp2: boolean;
  /** From accepting to the first byte. */
  readonly firstByteTimeoutMs: number;
  readonly http1: Http1ServerOptions;
  readonly http2: Http2ServerOptions;
}

/** nginx's `send_timeout`, for which ingress-nginx has no key. */
const SEND_TIMEOUT_MS = 60_000;

/** Derives them once for each DataPlaneSettings object: connections come far more often than changes. */
export class WireOptionsSource {
  readonly #settings: () => DataPlaneSettings;
  readonly #wheel: TimerWheel;
  #from: DataPlaneSettings | null = null;
  #options: WireOptions | null = null;

  constructor(settings: () => DataPlaneSettings, wheel: TimerWheel) {
    this.#settings = settings;
    this.#wheel = wheel;
  }

  /** By the settings of this moment; established connections keep what they began with. */
  get current(): WireOptions {
    const settings = this.#settings();
    if (this.#options !== null && this.#from === settings) return this.#options;
    this.#from = settings;
    this.#options = derive(settings, this.#wheel);
    return this.#options;
  }
}

function derive(settings: DataPlaneSettings, wheel: TimerWheel): WireOptions {
  const shared = {
    headerTimeoutMs: settings.clientHeaderTimeoutMs,
    bodyTimeoutMs: settings.clientBodyTimeoutMs,
    keepAliveMs: settings.keepAliveSeconds * 1000,
    keepAliveRequests: settings.keepAliveRequests,
    sendTimeoutMs: SEND_TIMEOUT_MS,
    underscoresInHeaders: false,
    wheel,
  };
  return {
    useHttp2: settings.useHttp2,
    firstByteTimeoutMs: settings.clientHeaderTimeoutMs,
    http1: shared,
    http2: { ...shared, maxConcurrentStreams: settings.http2MaxConcurrentStreams },
  };
}
