import type { Tunnel, TunnelHandler } from "../seam/tunnel.ts";
import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";

/**
 * Joins two raw connections until both have ended. Each direction is paused while the other side is slow, and ends on its
 * own (half-close). When `idleMs` pass without a byte in either direction, both are destroyed. `onClose` is called once, at
 * the very end, with the bytes carried.
 */
export function joinTunnels(
  client: Tunnel,
  upstream: Tunnel,
  { idleMs, wheel }: { readonly idleMs: number; readonly wheel: TimerWheel },
  onClose: (bytesToClient: number, bytesToUpstream: number) => void,
): void {
  const idle = new Deadline(() => {
    client.destroy();
    upstream.destroy();
  });
  const touch = (): void => wheel.arm(idle, idleMs);
  const onBothClosed = (): void => {
    if (!toUpstream.closed || !toClient.closed) return;
    wheel.disarm(idle);
    onClose(toClient.bytes, toUpstream.bytes);
  };
  const toUpstream = new Direction({ from: client, to: upstream, touch, onClosed: onBothClosed });
  const toClient = new Direction({ from: upstream, to: client, touch, onClosed: onBothClosed });
  client.handler = toUpstream;
  upstream.handler = toClient;
  toUpstream.opposite = toClient;
  toClient.opposite = toUpstream;
  touch();
  client.resume();
  upstream.resume();
}

interface DirectionParts {
  readonly from: Tunnel;
  readonly to: Tunnel;
  readonly touch: () => void;
  readonly onClosed: () => void;
}

/** What one side sends, carried to the other. Also hears when its own side can take more from the opposite direction. */
class Direction implements TunnelHandler {
  bytes = 0;
  closed = false;
  ended = false;
  opposite: Direction | null = null;
  readonly #parts: DirectionParts;

  constructor(parts: DirectionParts) {
    this.#parts = parts;
  }

  onData(chunk: Uint8Array): void {
    const { from, to, touch } = this.#parts;
    this.bytes += chunk.length;
    touch();
    if (!to.write(chunk)) from.pause();
  }

  onEnd(): void {
    this.ended = true;
    this.#parts.to.end();
  }

  onDrain(): void {
    this.opposite?.goOn();
  }

  onClose(): void {
    this.closed = true;
    // A side that vanished before both directions had ended is an error, which the other side gets to see.
    if (!this.ended || this.opposite?.ended === false) this.#parts.to.destroy();
    this.#parts.onClosed();
  }

  goOn(): void {
    if (this.closed) return;
    this.#parts.touch();
    this.#parts.from.resume();
  }
}
