/** A line of a watch: its text, or the fact that it was too long to be kept. */
export type Line = { readonly kind: "text"; readonly text: string } | { readonly kind: "too-long" };

/**
 * Splits a byte stream at line feeds. A line longer than the limit is skipped without being held in memory. What follows the last
 * line feed is dropped: a stream that was cut never yields half an event.
 */
export async function* splitLines(body: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end);
      start = end + 1;
      const tooLong = size + piece.length > limitBytes;
      const line = tooLong ? null : Buffer.concat([...parts, piece]).toString("utf8");
      parts = [];
      size = 0;
      if (line === null) yield { kind: "too-long" };
      else if (line.trim() !== "") yield { kind: "text", text: line };
    }
    const rest = chunk.subarray(start);
    size += rest.length;
    if (size > limitBytes) parts = [];
    else if (rest.length > 0) parts.push(rest);
  }
}
