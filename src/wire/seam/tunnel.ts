/** A raw byte pipe after an upgrade. Half-close is kept. */
export interface Tunnel {
  handler: TunnelHandler;
  write(chunk: Uint8Array): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

export interface TunnelHandler {
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onDrain(): void;
  /** Both directions are over, for whatever reason. Last callback. */
  onClose(): void;
}
