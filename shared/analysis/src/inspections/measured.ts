import type { Column, Instance } from '@gumshoe/model/world';
import type { Measured } from './level.ts';

export interface MeasuredInstance extends Measured {
  readonly of: Instance;
}

export const known = (column: Column | undefined): column is Column =>
  column !== undefined && column.some((value) => value === value);

/** One column of each instance that has it. */
export function measuredInstances(
  instances: readonly Instance[],
  column: (instance: Instance) => Column | undefined,
): readonly MeasuredInstance[] {
  return instances.flatMap((of) => {
    const values = column(of);
    return known(values) ? [{ of, name: of.id, instance: of.id, values }] : [];
  });
}

/** One of the signals of each instance that has it. */
export const measuredSignal = (
  instances: readonly Instance[],
  { name }: { readonly name: string },
): readonly MeasuredInstance[] => measuredInstances(instances, (instance) => instance.signals.get(name));

/** A share as percent. */
export const percentOf = (share: Column): Column => share.map((value) => value * 100);
