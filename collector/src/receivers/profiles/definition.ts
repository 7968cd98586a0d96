import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { ReceiverDefinition } from '../define.ts';
import type { ProfileReceiver } from './receiver.ts';

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
        const { counters } = receiver.totals;
        for (const [type, { samplesLost, stacksLost }] of Object.entries(counters)) {
          sink.self(SELF_METRICS.ebpfLost, { cause: `profile_samples ${type}` }, samplesLost);
          sink.self(SELF_METRICS.ebpfLost, { cause: `profile_stacks ${type}` }, stacksLost);
        }
      },
      status: () => profileStatus(receiver),
      stop: () => receiver.stop(),
    };
  },
};

/** For each profile: what the kernel counted, and which share of it has missing callers or nameless frames. */
function profileStatus({ totals, quality }: ProfileReceiver): Readonly<Record<string, unknown>> {
  const share = (part: number, whole: number): number => (whole > 0 ? Number((part / whole).toFixed(4)) : 0);
  const profiles = Object.entries(totals.counters).map(([type, counters]) => {
    const seen = quality.types.get(type);
    return [
      type,
      {
        ...counters,
        cutShare: share(seen?.cut ?? 0, seen?.value ?? 0),
        unnamedFrames: share(seen?.unnamed ?? 0, seen?.frames ?? 0),
      },
    ];
  });
  return {
    profiles: Object.fromEntries(profiles) as unknown,
    ownerless: totals.ownerless,
    symbolizationSeconds: Number(quality.seconds.toFixed(3)),
  };
}
