import { layout } from './layout.generated.ts';

const HEADER = layout.gs_header;
/** Each record is preceded by its length and 4 bytes of nothing, and padded to a multiple of 8 (bpf/loader). */
const FRAME = 8;
const ALIGNMENT = 8;

/** `offset` is where the record's gs_header begins; the record is `size` bytes. */
export type RecordVisitor = (batch: DataView, offset: number, type: number, size: number) => void;

/**
 * Visits the records of a batch in order. A length that does not fit ends the batch: whatever follows cannot
 * be told apart. Returns how many records were visited.
 */
export function forEachRecord(batch: DataView, visit: RecordVisitor): number {
  let count = 0;
  for (let at = 0; at + FRAME + HEADER.size <= batch.byteLength;) {
    const size = batch.getUint32(at, true);
    const offset = at + FRAME;
    if (size < HEADER.size || offset + size > batch.byteLength) return count;
    visit(batch, offset, batch.getUint32(offset + HEADER.fields.type.offset, true), size);
    count++;
    at = offset + Math.ceil(size / ALIGNMENT) * ALIGNMENT;
  }
  return count;
}
