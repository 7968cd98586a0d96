import type { MetricSource } from '../../pipeline/metric-sink.ts';
import type { ReceiverDefinition } from '../define.ts';
import { ClockSource } from './clock.ts';
import { ContainerSource } from './containers.ts';
import { NodeSource } from './node.ts';

/** Resources of the machine and of its containers. */
export const PROC: ReceiverDefinition = {
  name: 'proc',
  gives: 'CPU, memory, disk and network figures of the machine and of containers',
  open({ config, facts, processes }) {
    const containers = new ContainerSource(config.procfs, config.cgroupfs, processes);
    const sources: readonly MetricSource[] = [new NodeSource(config.procfs, facts), new ClockSource()];
    return {
      *collect(sink, now) {
        for (const source of sources) source.collect(sink, now);
        yield* containers.collect(sink, now);
      },
      status: () => ({ fileSystemsThatDoNotAnswer: [...containers.volumes.stuck] }),
    };
  },
};
