/** What a Go program has allocated on its heap since it started. */
export interface GoAllocations {
  readonly bytes: number;
  readonly objects: number;
}

const WORD = 8;
/** committed, released, inHeap, inStacks, inWorkBufs, inPtrScalarBits */
const MEMORY_WORDS = 6;
const IN_HEAP = 2;
const COPIES = 3;
const PAGE = 4096;

const wordsPerCopy = (classes: number): number => MEMORY_WORDS + 3 + classes + 2 + classes;

/** Bytes of runtime.memstats.heapStats (its first field) with so many size classes. */
export const heapStatisticsSize = (classes: number): number => COPIES * wordsPerCopy(classes) * WORD;

/**
 * runtime.memstats.heapStats of Go 1.19 and later (type consistentHeapStats in runtime/mstats.go): three copies
 * of heapStatsDelta whose sum is the state. `sizes`: bytes of an object by size class.
 * undefined when the numbers contradict each other, which is how another layout shows.
 */
export function goAllocations(bytes: Uint8Array, sizes: readonly number[]): GoAllocations | undefined {
  const classes = sizes.length;
  if (bytes.length < heapStatisticsSize(classes)) return undefined;
  const words = sumOfCopies(bytes, wordsPerCopy(classes));
  const word = (index: number): number => Number(words[index] ?? 0n);
  const [committed, inHeap] = [word(0), word(IN_HEAP)];
  if (inHeap <= 0 || committed < inHeap || inHeap % PAGE !== 0 || committed % PAGE !== 0) return undefined;
  const tiny = word(MEMORY_WORDS);
  const small = MEMORY_WORDS + 3;
  const freed = small + classes + 2;
  let allocated = word(MEMORY_WORDS + 1);
  let objects = word(MEMORY_WORDS + 2) + tiny;
  let live = allocated - word(small + classes);
  if (live < 0 || tiny < 0) return undefined;
  for (let i = 0; i < classes; i++) {
    const [made, gone, size] = [word(small + i), word(freed + i), sizes[i] ?? 0];
    if (made < 0 || gone < 0 || gone > made) return undefined;
    allocated += made * size;
    objects += made;
    live += (made - gone) * size;
  }
  return live <= inHeap ? { bytes: allocated, objects } : undefined;
}

/** Each word summed over the copies; a copy may be negative. */
function sumOfCopies(bytes: Uint8Array, words: number): BigInt64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sum = new BigInt64Array(words);
  for (let copy = 0; copy < COPIES; copy++)
    for (let i = 0; i < words; i++)
      sum[i] = BigInt.asIntN(64, sum[i]! + view.getBigInt64((copy * words + i) * WORD, true));
  return sum;
}
