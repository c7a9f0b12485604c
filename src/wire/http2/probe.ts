/** Tells our own PINGs from what a client may send back. */
const MARK = 0x6864_6774;

/** Payload of a PING that is sent behind the answer of a stream. */
export function probePayload(streamId: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(MARK, 0);
  payload.writeUInt32BE(streamId, 4);
  return payload;
}

/** The stream of a PING that came back; 0 for a payload that was never ours. 8 bytes. */
export function probedStream(payload: Buffer): number {
  return payload.readUInt32BE(0) === MARK ? payload.readUInt32BE(4) : 0;
}
