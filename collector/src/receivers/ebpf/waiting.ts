import type { MapDump } from '../../processors/counter-fold.ts';
import { layout } from './layout.generated.ts';

const STARTED = layout.gs_waiting.fields.request.offset + layout.gs_pending_request.fields.started_ns.offset;
/** ns after which a request without an answer is given up. */
const STALE = 600_000_000_000n;

/** Keys of the entries of map pipelines that have waited too long. `monotonicNs`: CLOCK_MONOTONIC. */
export function staleWaiting(waiting: MapDump, monotonicNs: bigint): readonly Uint8Array[] {
  const { count, keys, keySize, values, valueSize } = waiting;
  const view = new DataView(values.buffer, values.byteOffset, count * valueSize);
  return Array.from({ length: count }, (_, i) => i)
    .filter((i) => monotonicNs - view.getBigUint64(i * valueSize + STARTED, true) > STALE)
    .map((i) => keys.subarray(i * keySize, (i + 1) * keySize));
}
