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

/** First code, and place of its symbol, of each length: enough to decode a canonical code bit by bit. */
const FIRST_CODE = new Float64Array(LONGEST + 2);
const FIRST_PLACE = new Int32Array(LONGEST + 2);
const COUNT = new Int32Array(LONGEST + 2);
const SYMBOLS = new Int32Array(LENGTHS.length);
{
  for (const length of LENGTHS) COUNT[length]!++;
  let [code, place] = [0, 0];
  for (let length = 1; length <= LONGEST; length++) {
    FIRST_CODE[length] = code;
    FIRST_PLACE[length] = place;
    LENGTHS.forEach((one, symbol) => {
      if (one === length) SYMBOLS[place++] = symbol;
    });
    code = (code + COUNT[length]!) * 2;
  }
}

/** Sum of 2^-length over all symbols: 1 for a complete code. */
export const KRAFT_SUM = LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0);

/**
 * Text of a Huffman-coded string, latin1. undefined when it is none: EOS inside, padding longer than 7 bits or not
 * of ones (RFC 7541, section 5.2).
 */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  let text = '';
  let code = 0;
  let length = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      const offset = code - FIRST_CODE[length]!;
      if (offset >= COUNT[length]!) {
        if (length >= LONGEST) return undefined;
        continue;
      }
      const symbol = SYMBOLS[FIRST_PLACE[length]! + offset]!;
      if (symbol === EOS) return undefined;
      text += String.fromCharCode(symbol);
      code = 0;
      length = 0;
    }
  return length <= 7 && code === 2 ** length - 1 ? text : undefined;
}
