import { withActualPeers } from '../../processors/span-peers.ts';
import type { ReceiverDefinition } from '../define.ts';

/** Connections, requests, spans and process events from the kernel. */
export const EBPF: ReceiverDefinition = {
  name: 'ebpf',
  gives: 'connections, requests, spans and out-of-memory kills',
  async open({ config, target, processes, nat, rows, logger, lending }) {
    const { DEFAULT_EBPF_CONFIGURATION, openEbpfReceiver } = await import('./open.ts');
    const { ensureTracefs } = await import('./tracefs.ts');
    const problem = ensureTracefs();
    if (problem) logger.log('warn', 'tracepoints will be refused', { reason: problem });
    const receiver = openEbpfReceiver(
      {
        ...DEFAULT_EBPF_CONFIGURATION,
        target,
        budget: {
          ...DEFAULT_EBPF_CONFIGURATION.budget,
          spansPerSecond: config['spans-per-second'],
          slowThresholdMs: config['slow-threshold'],
        },
      },
      {
        owners: processes,
        resolve: nat.resolve,
        onSpans: (spans) => rows.spans(withActualPeers(spans, nat.resolveConnection)),
      },
    );
    receiver.start();
    processes.askOfCgroups((id) => receiver.cgroupPath(id));
    lending.ebpf = receiver;
    return {
      programs: () => receiver.programs,
      collect(sink, now) {
        receiver.update(now);
        receiver.collect(sink);
        for (const [metric, labels, value] of receiver.nodeSamples()) sink.node(metric, labels, value);
      },
      collectSelf(sink) {
        for (const [metric, labels, value] of receiver.selfSamples()) sink.self(metric, labels, value);
      },
      status: () => ({ recordsWaiting: receiver.waiting }),
      stop: () => receiver.stop(),
    };
  },
};
