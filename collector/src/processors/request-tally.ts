import { latencyBoundsNanoseconds, layout } from '../receivers/ebpf/layout.generated.ts';

/** Totals of requests in the order of struct gs_request_stats. */
export const TALLY_FIELDS = layout.gs_request_stats.size / 8;
export const COUNT = 0;
export const DURATION_SUM_NS = 1;
export const BUCKETS = 2;

/** Index among the kernel's latency buckets, the last of which is +Inf. */
function bucketOf(durationNs: number): number {
  let bucket = 0;
  while (bucket < latencyBoundsNanoseconds.length && durationNs > latencyBoundsNanoseconds[bucket]!) bucket++;
  return bucket;
}

/** Adds one request; without a duration it is counted and not timed. */
export function tally(totals: Float64Array, durationNs: number | undefined): void {
  totals[COUNT]! += 1;
  if (durationNs === undefined) return;
  totals[DURATION_SUM_NS]! += durationNs;
  totals[BUCKETS + bucketOf(durationNs)]! += 1;
}
