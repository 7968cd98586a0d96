import { decimalsOf, isSame, SCALES, type EncodedValues } from '../snapshot/columns.ts';
import type { ByteWriter } from '../snapshot/bytes.ts';

/**
 * Columns as the cache has them in place of a snapshot's STEPS, since they are read far more often than written:
 * value * 10^k as integers, the first a float64, of each other its difference to the one before in 1, 2 or 4 bytes,
 * the lowest bytes of all of them first. PLANES + 16 * (0, 1 or 2 for the width) + k.
 */
export const PLANES = 32;
const WIDTHS = [1, 2, 4] as const;

/** Appends values and says the encoding; undefined, and nothing, when they are no such column. */
export function writePlanes(out: ByteWriter, values: Float64Array): number | undefined {
  if (values.length < 2 || isSame(values)) return undefined;
  const decimals = decimalsOf(values);
  if (decimals === undefined) return undefined;
  const scale = SCALES[decimals]!;
  const integers = values.map((value) => Math.round(value * scale));
  let most = 0;
  for (let i = 1; i < integers.length; i++) most = Math.max(most, Math.abs(integers[i]! - integers[i - 1]!));
  const size = WIDTHS.findIndex((bytes) => most < 2 ** (8 * bytes - 1));
  if (size < 0) return undefined;
  const steps = integers.length - 1;
  const bytes = new Uint8Array(8 + steps * WIDTHS[size]!);
  new DataView(bytes.buffer).setFloat64(0, integers[0]!, true);
  for (let i = 0; i < steps; i++) {
    const step = integers[i + 1]! - integers[i]!;
    for (let plane = 0; plane < WIDTHS[size]!; plane++) bytes[8 + plane * steps + i] = step >> (8 * plane);
  }
  out.raw(bytes);
  return PLANES + 16 * size + decimals;
}

/** Decodes `count` values to `at`. @throws RangeError when the bytes are not as many as that takes. */
export function readPlanes(
  { bytes, from, to, encoding }: EncodedValues,
  values: Float64Array,
  at: number,
  count: number,
): void {
  const width = WIDTHS[(encoding - PLANES) >> 4];
  const scale = SCALES[encoding & 15];
  if (width === undefined || scale === undefined)
    throw new RangeError(`values have the unknown encoding ${encoding}`);
  const steps = count - 1;
  if (count < 1 || to - from !== 8 + steps * width)
    throw new RangeError('a column has another length than it says');
  let last = new DataView(bytes.buffer, bytes.byteOffset + from, 8).getFloat64(0, true);
  values[at] = last / scale;
  const low = from + 8;
  const end = low + steps;
  let next = at + 1;
  if (width === 1) for (let k = low; k < end; k++) values[next++] = (last += (bytes[k]! << 24) >> 24) / scale;
  else if (width === 2)
    for (let k = low; k < end; k++)
      values[next++] = (last += ((bytes[k]! | (bytes[k + steps]! << 8)) << 16) >> 16) / scale;
  else
    for (let k = low; k < end; k++)
      values[next++] =
        (last +=
          bytes[k]! |
          (bytes[k + steps]! << 8) |
          (bytes[k + 2 * steps]! << 16) |
          (bytes[k + 3 * steps]! << 24)) / scale;
}
