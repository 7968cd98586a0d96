const PAGE = 8192;
/** PageHeaderData (bufpage.h); a B-tree page ends with 16 bytes of its own (nbtree.h). */
const PAGE_HEADER = 24;
const BTREE_SPECIAL = 16;
/** Line pointer, then HeapTupleHeaderData or IndexTupleData (htup_details.h, itup.h). */
const LINE_POINTER = 4;
const HEAP_HEADER = 24;
const INDEX_HEADER = 8;
const HEAP_FILL = 100;
const BTREE_FILL = 90;

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

interface Filled {
  /** bytes on disk */
  readonly size: number;
  readonly rows: number;
  /** mean bytes of a row or key; NaN when it is not known */
  readonly width: number;
  /** Storage parameters: `fillfactor=70`. */
  readonly options: readonly string[];
}

/** Bytes of a table beyond what its live rows need; NaN without statistics. Values moved out of line are not counted. */
export const tableBloat = ({ size, rows, width, options }: Filled): number =>
  waste(
    size,
    rows * (LINE_POINTER + aligned(HEAP_HEADER + width)),
    PAGE - PAGE_HEADER,
    fill(options, HEAP_FILL),
  );

/** Bytes of a B-tree beyond what its keys need, its first page aside. Equal keys that share an entry need less. */
export const indexBloat = ({ size, rows, width, options }: Filled): number =>
  waste(
    Math.max(0, size - PAGE),
    rows * (LINE_POINTER + aligned(INDEX_HEADER + width)),
    PAGE - PAGE_HEADER - BTREE_SPECIAL,
    fill(options, BTREE_FILL),
  );

function waste(size: number, needed: number, room: number, share: number): number {
  const pages = Math.ceil(needed / (room * share));
  return needed === needed ? Math.max(0, size - pages * PAGE) : NaN;
}

const fill = (options: readonly string[], usual: number): number =>
  Number(optionOf(options, 'fillfactor') ?? usual) / 100;

/** Value of `name=value` among storage parameters. */
export const optionOf = (options: readonly string[], name: string): string | undefined =>
  options.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
