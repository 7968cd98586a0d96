import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { ReceiverDefinition } from '../define.ts';

/** CPU profiles by stack. */
export const PROFILES: ReceiverDefinition = {
  name: 'profiles',
  gives: 'profiles',
  wanted: (config) => config['profile-frequency'] > 0,
  async open({ config, target, processes, rows }) {
    const { openProfileReceiver } = await import('./open.ts');
    const receiver = openProfileReceiver(
      { target, frequency: config['profile-frequency'] },
      {
        ownerOf: (tgid) => processes.profileOwnerOf(tgid),
        onRows: ({ stacks, samples }) => rows.profiles(stacks, samples),
      },
    );
    return {
      programs: () => receiver.programs,
      collect: () => receiver.collect(),
      collectSelf(sink) {
        sink.self(SELF_METRICS.ebpfLost, { cause: 'profile_samples' }, receiver.totals.samplesLost);
      },
      stop: () => receiver.stop(),
    };
  },
};
