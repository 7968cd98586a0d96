import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import type { ReceiverDefinition } from '../define.ts';
import type { ProfileReceiver } from './receiver.ts';

/** CPU profiles by stack. */
export const PROFILES: ReceiverDefinition = {
  name: 'profiles',
  gives: 'profiles',
  wanted: (config) => config['profile-frequency'] > 0,
  async open({ config, target, processes, rows, memory }) {
    const { openProfileReceiver } = await import('./open.ts');
    const receiver = openProfileReceiver(
      { target, frequency: config['profile-frequency'] },
      {
        ownerOf: (tgid) => processes.profileOwnerOf(tgid),
        onRows: ({ stacks, samples }) => rows.profiles(stacks, samples),
        isShedding: () => memory.sheds('profiles'),
        onShed: (samples) => memory.refuse('profiles', samples),
      },
    );
    return {
      programs: () => receiver.programs,
      collect: () => receiver.collect(),
      collectSelf(sink) {
        sendOwn(sink, receiver);
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

function sendOwn(sink: MetricSink, { totals, quality }: ProfileReceiver): void {
  for (const [type, counters] of Object.entries(totals.counters)) {
    const outcomes = {
      taken: counters.samples,
      lost: counters.samplesLost,
      stack_lost: counters.stacksLost,
      skipped: counters.skipped,
      short: counters.shortWaits,
    };
    for (const [outcome, count] of Object.entries(outcomes))
      sink.self(SELF_METRICS.profileStacks, { type, outcome }, count);
    sink.self(
      SELF_METRICS.ebpfLost,
      { cause: `profile ${type}` },
      counters.samplesLost + counters.stacksLost,
    );
  }
  for (const [type, { value, cut, frames, unnamed }] of quality.types) {
    if (value > 0) sink.self(SELF_METRICS.profileCut, { type }, cut / value);
    if (frames > 0) sink.self(SELF_METRICS.profileUnnamed, { type }, unnamed / frames);
  }
  sink.self(SELF_METRICS.profileNaming, {}, quality.seconds);
}
