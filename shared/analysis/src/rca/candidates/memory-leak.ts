import { formatValue } from '@gumshoe/base/units';
import { gridTime } from '@gumshoe/base/time';
import { lastOf } from '@gumshoe/model/columns';
import type { Instance } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { steadyGrowth } from '../../trend.ts';
import type { Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const OPTIONS = { minPoints: 8, minShare: 0, minTail: 0 };
const WITHOUT_LIMIT = 0.25;
const WITH_LIMIT = 0.6;

export const memoryLeak = defineCandidate({
  kind: 'memory-leak',
  title: 'Memory grows towards its limit',
  examine: ({ application, frame }) => {
    const known = application.instances.filter((one) => one.memoryRss.some((value) => value === value));
    if (known.length === 0) return undefined;
    const leaks = known
      .flatMap((instance) => leakOf(instance, frame))
      .sort((a, b) => b.magnitude - a.magnitude);
    const worst = leaks[0];
    const signal = CONTAINER_METRICS.memoryRss.name;
    if (!worst || worst.magnitude === 0) return clear(signal, 'memory did not grow towards a limit');
    const onset = gridTime(frame.world.grid, worst.cell);
    return suspect({
      title: `Memory of ${application.name} grows without end`,
      signal,
      instance: worst.instance.id,
      magnitude: worst.magnitude,
      onset,
      column: worst.instance.memoryRss,
      evidence: [
        measured(frame, selectApplication(application, signal), worst.summary, {
          value: worst.to,
          before: worst.from,
          unit: 'bytes',
          onset,
        }),
      ],
      remediation: `Take a heap profile of ${application.name} while it grows; restarting it buys time.`,
    });
  },
});

function leakOf(instance: Instance, frame: Frame) {
  const cells = { lo: frame.baseline.lo, hi: frame.incident.hi };
  const growth = steadyGrowth(instance.memoryRss, cells, frame.world.grid, OPTIONS);
  if (growth === undefined || growth.to < 1.5 * Math.max(1, growth.from)) return [];
  const limit = instance.memoryLimit ? lastOf(instance.memoryLimit, cells) : NaN;
  const magnitude =
    limit > 0
      ? WITH_LIMIT * ramp(growth.to / limit, 0.6, 0.95)
      : WITHOUT_LIMIT * ramp(growth.to - growth.from, 50e6, 500e6);
  const of = limit > 0 ? ` of a limit of ${formatValue(limit, 'bytes')}` : '';
  const summary = `Memory of ${instance.id} grew steadily from ${formatValue(growth.from, 'bytes')} to ${formatValue(growth.to, 'bytes')}${of}.`;
  return [{ instance, magnitude, summary, cell: growth.cells.lo, from: growth.from, to: growth.to }];
}
