import { matchesGlob } from '@gumshoe/base/glob';
import { err, ok, type Result } from '@gumshoe/base/result';
import type { Unit } from '@gumshoe/base/units';
import type { Application } from '@gumshoe/model/world';

/** What an inspection compares with, unless somebody says otherwise. */
export interface Threshold {
  readonly default: number;
  readonly unit: Unit;
  /** What is compared with it: "busy share of all CPUs of a node". */
  readonly description?: string;
}

/** Another threshold for the whole project, for the applications a glob matches, or for one application. */
export interface ThresholdOverride {
  /** Id of an inspection. */
  readonly inspection: string;
  /** Glob on `namespace:kind:name` or on the name alone; absent: every application. */
  readonly application?: string;
  readonly value: number;
}

interface Compiled {
  readonly rank: number;
  readonly matches: (application: Pick<Application, 'id' | 'name'>) => boolean;
  readonly value: number;
}

const RANK = { project: 0, glob: 1, application: 2 } as const;

/** Gives the threshold of one inspection for one application; `fallback` when no override speaks of it. */
export type ThresholdResolver = (
  inspection: string,
  application: Pick<Application, 'id' | 'name'>,
  fallback: number,
) => number;

/** A name beats a glob, a glob beats the project; of equals the later one wins. */
export function thresholdResolver(overrides: readonly ThresholdOverride[]): ThresholdResolver {
  const byInspection = new Map<string, Compiled[]>();
  for (const override of overrides) {
    const list = byInspection.get(override.inspection) ?? [];
    byInspection.set(override.inspection, list);
    list.push(compile(override));
  }
  return (inspection, application, fallback) => {
    let best: Compiled | undefined;
    for (const one of byInspection.get(inspection) ?? [])
      if (one.rank >= (best?.rank ?? 0) && one.matches(application)) best = one;
    return best?.value ?? fallback;
  };
}

function compile({ application, value }: ThresholdOverride): Compiled {
  if (application === undefined || application === '*')
    return { rank: RANK.project, matches: () => true, value };
  const rank = /[*?{]/.test(application) ? RANK.glob : RANK.application;
  const test = (text: string): boolean => matchesGlob(application, text);
  return { rank, matches: ({ id, name }) => test(id) || test(name), value };
}

export interface ThresholdMistake {
  /** Position in the list of overrides. */
  readonly index: number;
  readonly reason: string;
  /** What may stand there instead. */
  readonly allowed: readonly string[];
}

/** Every override that names no known inspection or is no number above or equal to 0. */
export function checkThresholds(
  overrides: readonly ThresholdOverride[],
  inspections: readonly { readonly id: string; readonly threshold: Threshold }[],
): Result<readonly ThresholdOverride[], readonly ThresholdMistake[]> {
  const ids = inspections.map(({ id }) => id);
  const known = new Set(ids);
  const mistakes = overrides.flatMap(({ inspection, application, value }, index): ThresholdMistake[] => [
    ...(known.has(inspection)
      ? []
      : [{ index, reason: `there is no inspection ${JSON.stringify(inspection)}`, allowed: ids }]),
    ...(Number.isFinite(value) && value >= 0
      ? []
      : [{ index, reason: `the threshold ${String(value)} is not a number of 0 or more`, allowed: [] }]),
    ...(application === ''
      ? [
          {
            index,
            reason: 'the application is empty',
            allowed: ['namespace:kind:name', 'a name', 'a glob with * and ?'],
          },
        ]
      : []),
  ]);
  return mistakes.length > 0 ? err(mistakes) : ok(overrides);
}
