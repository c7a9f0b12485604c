/** Bits of each byte's code (RFC 7541, appendix B). The code is canonical, so that lengths say everything. */
const CODE_BITS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26,
];
const END_OF_STRING = 256;
const END_OF_STRING_BITS = 30;
const NIBBLES = 16;

interface Decoder {
  /** By node × 16 + nibble: the node afterwards, or -1 where the code has no such path. */
  readonly next: Int16Array;
  /** By node × 16 + nibble: the byte that is complete, or -1. No code is shorter than five bits: there is never more than one. */
  readonly byte: Int16Array;
  /** By node: the path from the root is at most seven ones, which is padding (RFC 7541 §5.2). */
  readonly padding: Uint8Array;
}

const DECODER = buildDecoder();
/** The longest text that is decoded; blocks are shorter, and a code has at least five bits. */
let scratch = Buffer.allocUnsafeSlow(4096);

/** Decodes `bytes[start, end)`; null when it is no Huffman text. */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string | null {
  const room = Math.ceil(((end - start) * 8) / 5);
  if (scratch.length < room) scratch = Buffer.allocUnsafeSlow(room * 2);
  const { next, byte, padding } = DECODER;
  let node = 0;
  let length = 0;
  for (let i = start; i < end; i++) {
    const value = bytes[i] as number;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const at = node * NIBBLES + ((value >> shift) & 0xf);
      const emitted = byte[at] as number;
      if (emitted >= 0) scratch[length++] = emitted;
      node = next[at] as number;
      if (node < 0) return null;
    }
  }
  return padding[node] === 1 ? scratch.toString("latin1", 0, length) : null;
}

/** Children of a node: another node when positive, a byte as -1 - byte when negative, 0 where nothing is yet. */
function buildTree(): number[][] {
  const nodes: number[][] = [[0, 0]];
  let code = 0;
  let lastBits = 0;
  const symbols = [...CODE_BITS.entries(), [END_OF_STRING, END_OF_STRING_BITS] as const];
  for (const [symbol, bits] of symbols.toSorted((a, b) => a[1] - b[1] || a[0] - b[0])) {
    code *= 2 ** (bits - lastBits);
    lastBits = bits;
    let node = 0;
    for (let bit = bits - 1; bit > 0; bit--) {
      const branch = Math.floor(code / 2 ** bit) % 2;
      const children = nodes[node] as number[];
      if (children[branch] === 0) children[branch] = nodes.push([0, 0]) - 1;
      node = children[branch] as number;
    }
    (nodes[node] as number[])[code % 2] = -1 - symbol;
    code++;
  }
  return nodes;
}

function buildDecoder(): Decoder {
  const tree = buildTree();
  const next = new Int16Array(tree.length * NIBBLES);
  const byte = new Int16Array(tree.length * NIBBLES).fill(-1);
  for (let start = 0; start < tree.length; start++) {
    for (let nibble = 0; nibble < NIBBLES; nibble++) {
      let node = start;
      for (let bit = 3; bit >= 0 && node >= 0; bit--) {
        const child = tree[node]?.[(nibble >> bit) & 1] ?? 0;
        if (child >= 0) {
          node = child;
          continue;
        }
        const symbol = -1 - child;
        node = symbol === END_OF_STRING ? -1 : 0;
        if (symbol !== END_OF_STRING) byte[start * NIBBLES + nibble] = symbol;
      }
      next[start * NIBBLES + nibble] = node;
    }
  }
  const padding = new Uint8Array(tree.length);
  for (let depth = 0, node = 0; depth <= 7; depth++) {
    padding[node] = 1;
    node = tree[node]?.[1] ?? 0;
  }
  return { next, byte, padding };
}
