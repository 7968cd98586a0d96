import { constants, layout } from '../ebpf/layout.generated.ts';
import { OPERATIONS, type DiskStatistics } from './kernel.ts';

const KEY = layout.gs_disk_key;
const STATS = layout.gs_disk_stats;
const MINOR_BITS = 20;

/** Entries of map disk_stats; operations that this version does not know are left out. */
export function decodeStatistics(keys: ArrayBuffer, values: ArrayBuffer): readonly DiskStatistics[] {
  const [keyView, valueView] = [new DataView(keys), new DataView(values)];
  const count = Math.min(Math.floor(keys.byteLength / KEY.size), Math.floor(values.byteLength / STATS.size));
  const out: DiskStatistics[] = [];
  for (let i = 0; i < count; i++) {
    const operation = OPERATIONS[keyView.getUint32(i * KEY.size + KEY.fields.operation.offset, true)];
    if (operation === undefined) continue;
    const device = keyView.getUint32(i * KEY.size + KEY.fields.device.offset, true);
    out.push({
      cgroupId: keyView.getBigUint64(i * KEY.size + KEY.fields.cgroup_id.offset, true),
      device: `${device >>> MINOR_BITS}:${device & ((1 << MINOR_BITS) - 1)}`,
      operation,
      ...decodeValue(valueView, i * STATS.size),
    });
  }
  return out;
}

function decodeValue(view: DataView, at: number) {
  const u64 = (offset: number): number => Number(view.getBigUint64(at + offset, true));
  const { count, bytes, errors, duration_sum_ns, buckets } = STATS.fields;
  return {
    count: u64(count.offset),
    bytes: u64(bytes.offset),
    errors: u64(errors.offset),
    duration: u64(duration_sum_ns.offset) / 1e9,
    buckets: Float64Array.from({ length: constants.GS_DISK_LATENCY_BUCKETS }, (_, i) =>
      u64(buckets.offset + 8 * i),
    ),
  };
}
