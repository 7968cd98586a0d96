import type { LabelledColumn } from '@gumshoe/model/database-target';
import type { Instance } from '@gumshoe/model/world';
import { selectScraped } from '../evidence.ts';
import { known, type MeasuredInstance } from './measured.ts';

type Named = { readonly name: string };

/** An instance with what its program shows of its runtime. */
export interface ExposedInstance extends MeasuredInstance {
  readonly shown: LabelledColumn;
}

/** Instances whose programs show this metric. */
export const exposedInstances = (
  instances: readonly Instance[],
  { name }: Named,
): readonly ExposedInstance[] =>
  instances.flatMap((of) => {
    const shown = of.exposed.get(name);
    return shown && known(shown.values)
      ? [{ of, shown, name: of.id, instance: of.id, values: shown.values }]
      : [];
  });

/** The series that was shown. */
export const selectExposed = ({ shown }: ExposedInstance, { name }: Named): string =>
  selectScraped(name, shown.labels);
