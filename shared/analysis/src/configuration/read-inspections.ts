import type { Unit } from '@gumshoe/base/units';
import type { Threshold, ThresholdOverride } from '../inspections/thresholds.ts';
import type { Cursor } from './cursor.ts';
import { readInUnit } from './quantity.ts';
import { readScope, required, SCOPE_KEYS } from './scoped.ts';

/** What is needed of an inspection to check its threshold. */
export interface KnownInspection {
  readonly id: string;
  readonly threshold: Threshold;
}

/** `inspections:`, by id: a threshold, or `default` and `overrides` by service. */
export function readInspections(
  section: Cursor,
  inspections: readonly KnownInspection[],
): readonly ThresholdOverride[] {
  const units = new Map(inspections.map(({ id, threshold }) => [id, threshold.unit]));
  return section
    .entries([...units.keys()])
    .flatMap(([inspection, value]) => readOne(inspection, value, units.get(inspection)!));
}

function readOne(inspection: string, value: Cursor, unit: Unit): readonly ThresholdOverride[] {
  const read = (text: string) => readInUnit(text, unit);
  const project = value.isScalar ? value : value.get('default');
  const threshold = project.read(read);
  const all = threshold === undefined ? [] : [{ inspection, value: threshold }];
  if (value.isScalar) return all;
  value.entries(['default', 'overrides']);
  return [
    ...all,
    ...value
      .get('overrides')
      .items()
      .flatMap((entry) => {
        entry.entries([...SCOPE_KEYS, 'threshold']);
        const application = readScope(entry);
        const own = required(entry, 'threshold', read);
        return application === undefined || own === undefined
          ? []
          : [{ inspection, application, value: own }];
      }),
  ];
}
