import type { Column, Instance } from '@gumshoe/model/world';
import { promqlEvidence, selectInstance } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { levelsOf } from './level.ts';
import { measuredSignal } from './measured.ts';

/**
 * Whether a runtime that was seen in an instance still is, while the instance is up: its process died, hangs, or no
 * longer tells its counters.
 */
export function runtimeAvailability(
  subject: Subject,
  instances: readonly Instance[],
  runtime: string,
  metric: { readonly name: string },
  threshold: number,
): Verdict | undefined {
  const up = instances.filter(({ state }) => state === 'up');
  const measured = measuredSignal(up, metric).map((one) => ({ ...one, values: missing(one.values) }));
  const levels = levelsOf(subject, measured, 0);
  const first = levels[0];
  if (!first) return undefined;
  const gone = levels.filter(({ state }) => state.firing);
  const message =
    gone.length === 0
      ? `The ${runtime} tells its counters in every instance that has one.`
      : `Nothing is heard of the ${runtime} in ${gone.map(({ name }) => name).join(', ')} any more, though the container is up.`;
  return {
    health: gone.length > threshold ? 'warning' : 'ok',
    message,
    value: gone.length,
    threshold,
    unit: 'count',
    instances: levels.map(({ of, state }) => ({
      instance: of.id,
      value: state.firing ? 0 : 1,
      health: state.firing ? ('warning' as const) : ('ok' as const),
    })),
    evidence: [promqlEvidence(`sum(${selectInstance(first.of, metric.name)})`, subject.range, message)],
    explanation: [
      `instances in which ${metric.name} was seen and is missing in most of the last points: ${gone.length}`,
    ],
    columns: levels.map(({ of }) => ({ name: of.id, values: of.signals.get(metric.name)! })),
  };
}

/** 1 where a column that was known before is not, 0 where it is; NaN before. */
function missing(column: Column): Column {
  let seen = false;
  return column.map((value) => {
    seen ||= value === value;
    return seen ? (value === value ? 0 : 1) : NaN;
  });
}
