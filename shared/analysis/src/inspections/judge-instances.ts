import type { Health } from '@gumshoe/model/entities';
import type { Instance } from '@gumshoe/model/world';
import type { InstanceVerdict } from '../finding.ts';

/** Judges each instance by one number; instances without it are left out. Worst first. */
export function judgeInstances(
  instances: readonly Instance[],
  measure: (instance: Instance) => number,
  judge: (value: number) => Health,
): readonly InstanceVerdict[] {
  return instances
    .map((instance) => ({ instance: instance.id, value: measure(instance) }))
    .filter(({ value }) => value === value)
    .map((one) => ({ ...one, health: judge(one.value) }))
    .sort((a, b) => b.value - a.value || (a.instance < b.instance ? -1 : 1));
}

/** `warning` above the threshold. */
export const above =
  (threshold: number) =>
  (value: number): Health =>
    value > threshold ? 'warning' : 'ok';
