import { formatValue } from '@gumshoe/base/units';
import { milliseconds } from '@gumshoe/base/time';
import type { Application } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { selectApplication } from '../../evidence.ts';
import { clock } from '../../inspections/slo-verdict.ts';
import { measured } from '../claim.ts';
import type { Frame } from '../frame.ts';
import type { Suspicion } from './define.ts';

const MAGNITUDE = 0.45;
/** Runs from which a period is learnt. */
const LEAST_RUNS = 3;
/** Runs this far from regular have no period. */
const MOST_IRREGULAR = 0.3;
/** A run later than so many periods is missed. */
const LATE = 1.5;

/** A job that ran at regular times before and did not when it was due again. */
export function missedRuns(application: Application, frame: Frame): readonly Suspicion[] {
  const { kind, instances } = application;
  if (kind !== 'Job' && kind !== 'CronJob' && !instances.some((one) => one.state === 'finished')) return [];
  const starts = [...new Set(instances.map((one) => one.firstSeen))].sort((a, b) => a - b);
  if (starts.length < LEAST_RUNS) return [];
  const gaps = starts.slice(1).map((at, i) => at - starts[i]!);
  const period = [...gaps].sort((a, b) => a - b)[gaps.length >> 1]!;
  const irregular = Math.max(...gaps.map((gap) => Math.abs(gap - period))) / period;
  const last = starts.at(-1)!;
  const due = last + period;
  if (irregular > MOST_IRREGULAR || frame.until < last + LATE * period) return [];
  // due long before the trouble: that is another story
  if (due < frame.onset - 2 * period) return [];
  const signal = CONTAINER_METRICS.info.name;
  const every = formatValue(period / 1000, 'seconds');
  const summary = `${application.name} ran every ${every} until ${clock(last)} UTC and not since; it was due at ${clock(due)} UTC.`;
  return [
    {
      title: `The job ${application.name} no longer runs`,
      signal,
      magnitude: MAGNITUDE,
      onset: milliseconds(due),
      evidence: [
        measured(frame, `count(${selectApplication(application, signal)})`, summary, {
          value: 0,
          before: starts.length,
          unit: 'count',
          onset: milliseconds(due),
        }),
      ],
      remediation: `Look why ${application.name} was not started: its schedule, whether it is suspended, and whether its last run ever ended.`,
    },
  ];
}
