/**
 * Code lengths of HPACK's Huffman code by symbol, 0 to 255 and EOS (RFC 7541, appendix B). The code is canonical:
 * symbols of one length are numbered in their order, so that the lengths say all.
 */
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const EOS = 256;
const LONGEST = 30;

/** Sum of 2^-length over all symbols: 1 for a complete code. */
export const KRAFT_SUM = LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0);

/** The code's tree: both children of each inner node; a leaf is ~symbol. Node 0 is the root. */
function treeOf(lengths: readonly number[]): readonly (readonly [number, number])[] {
  const nodes: [number, number][] = [[0, 0]];
  let code = 0;
  for (let length = 1; length <= LONGEST; length++, code *= 2)
    lengths.forEach((one, symbol) => {
      if (one !== length) return;
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const side = (code >> bit) & 1;
        if (nodes[node]![side] === 0) nodes[node]![side] = nodes.push([0, 0]) - 1;
        node = nodes[node]![side]!;
      }
      nodes[node]![code & 1] = ~symbol;
      code++;
    });
  return nodes;
}

/** Of each inner node and four bits: the node behind them, and above it the symbol that ended among them, plus 1. */
const STEPS = new Int32Array(256 * 16);
const NODE = 0xff;
const SYMBOL_SHIFT = 8;
const DAMAGED = -1;
/** Nodes where a string may end: at most seven ones since the last symbol (RFC 7541, section 5.2). */
const MAY_END = new Uint8Array(256);
{
  const nodes = treeOf(LENGTHS);
  nodes.forEach((_, from) => {
    for (let bits = 0; bits < 16; bits++) {
      let [node, symbol] = [from, 0];
      for (let bit = 3; bit >= 0; bit--) {
        const next = nodes[node]![(bits >> bit) & 1]!;
        if (next < 0) symbol = ~next + 1;
        node = next < 0 ? 0 : next;
      }
      // the shortest code has five bits: four end one symbol at most
      STEPS[from * 16 + bits] = symbol === EOS + 1 ? DAMAGED : (symbol << SYMBOL_SHIFT) | node;
    }
  });
  for (let node = 0, ones = 0; ones <= 7; ones++) {
    MAY_END[node] = 1;
    node = nodes[node]![1];
  }
}

/**
 * Length of the text that the Huffman-coded string `bytes` from `at` to `end` stands for. -1 when it is none: EOS inside,
 * padding longer than 7 bits or not of ones (RFC 7541, section 5.2).
 */
export function huffmanLength(bytes: Uint8Array, at: number, end: number): number {
  let node = 0;
  let length = 0;
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    const first = STEPS[(node << 4) | (byte >> 4)]!;
    const second = STEPS[((first & NODE) << 4) | (byte & 15)]!;
    if (first < 0 || second < 0) return -1;
    if (first > NODE) length++;
    if (second > NODE) length++;
    node = second & NODE;
  }
  return MAY_END[node] === 1 ? length : -1;
}

/** Text of a whole Huffman-coded string, latin1. undefined when it is none. */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  const length = huffmanLength(bytes, 0, bytes.length);
  if (length < 0) return undefined;
  const text = Buffer.allocUnsafe(length);
  let node = 0;
  let to = 0;
  for (const byte of bytes)
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = STEPS[(node << 4) | ((byte >> shift) & 15)]!;
      if (step > NODE) text[to++] = (step >> SYMBOL_SHIFT) - 1;
      node = step & NODE;
    }
  return text.toString('latin1', 0, length);
}
