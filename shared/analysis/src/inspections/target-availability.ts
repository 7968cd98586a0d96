import { gridTime } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import type { Column, Instance } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { levelsOf, thresholdText } from './level.ts';
import { clock } from './slo-verdict.ts';
import { measuredTargets, nameOfTarget, selectTarget, type MeasuredTarget } from './target-signals.ts';

/** Instances that are watched and meant to be there: the silence of their probe says something. */
const WATCHED: ReadonlySet<Instance['state']> = new Set(['up', 'down']);
/** Those that nobody watches may be there: what their probe says counts. */
const PRESENT: ReadonlySet<Instance['state']> = new Set([...WATCHED, 'unknown']);

/**
 * Whether the probes get their answers: a probe that says no, and one that fell silent although its server is meant
 * to be there, counts as failing once most of the last points say so. undefined when nothing is probed.
 */
export function targetAvailability(
  subject: Subject,
  targets: readonly DatabaseTarget[],
  instances: readonly Instance[],
  metric: { readonly name: string },
  threshold: number,
): Verdict | undefined {
  if (targets.length === 0) return undefined;
  const states = new Map(instances.map(({ id, state }) => [id, state]));
  const stateOf = ({ instance }: DatabaseTarget) =>
    instance === undefined ? undefined : states.get(instance);
  const present = targets.filter((target) => {
    const state = stateOf(target);
    return state === undefined || PRESENT.has(state);
  });
  const measured = measuredTargets(present, (target) => {
    const state = stateOf(target);
    return failingCells(target.up, state !== undefined && WATCHED.has(state));
  });
  const levels = levelsOf(subject, measured, 0);
  const [worst] = levels;
  if (!worst) return undefined;
  const failing = levels.filter(({ state }) => state.firing);
  const message =
    failing.length === 0
      ? `The probe of ${nameOfTarget(worst.target)} gets its answers.`
      : `The probe of ${failing.map(({ target }) => target.address).join(', ')} fails: ${reasonOf(failing[0]!, subject)}${thresholdText(threshold, String)}.`;
  return {
    health: failing.length > threshold ? 'warning' : 'ok',
    message,
    value: failing.length,
    threshold,
    unit: 'count',
    instances: levels.flatMap(({ instance, state }) =>
      instance === undefined
        ? []
        : [{ instance, value: state.value, health: state.firing ? ('warning' as const) : ('ok' as const) }],
    ),
    evidence: [promqlEvidence(selectTarget(worst.target, metric), subject.range, message)],
    explanation: [
      `servers whose ${metric.name} is not 1 in most of the last points: ${formatValue(failing.length, 'count')} of ${levels.length}`,
    ],
    columns: levels.map(({ target }) => ({ name: target.address, values: target.up })),
  };
}

/** 1 where the probe fails, or is silent after it spoke; 0 where it succeeds. */
function failingCells(up: Column, silenceCounts: boolean): Column {
  let spoke = false;
  return up.map((value) => {
    if (value === value) spoke = true;
    if (value === value) return value > 0 ? 0 : 1;
    return spoke && silenceCounts ? 1 : NaN;
  });
}

function reasonOf({ target }: MeasuredTarget, { window, grid }: Subject): string {
  const last = target.up.findLastIndex((value) => value === value);
  if (last < window.hi - 2) return `it has been silent since ${clock(gridTime(grid, last))} UTC`;
  return target.error ?? 'no answer';
}
