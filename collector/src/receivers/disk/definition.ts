import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { ReceiverDefinition } from '../define.ts';

/** Latency of block device requests, from the kernel. */
export const DISK: ReceiverDefinition = {
  name: 'disk',
  gives: 'latency of disks by device and container',
  async open({ config, processes }) {
    const { openDiskReceiver } = await import('./open.ts');
    const { kernel, receiver } = openDiskReceiver({
      procfs: config.procfs,
      cgroupfs: config.cgroupfs,
      containers: () => processes.all(),
    });
    return {
      programs: () => kernel.programs,
      collect: (sink) => receiver.collect(sink),
      collectSelf: (sink) => sink.self(SELF_METRICS.ebpfLost, { cause: 'disk_map_full' }, kernel.lost()),
      stop: () => kernel.close(),
    };
  },
};
