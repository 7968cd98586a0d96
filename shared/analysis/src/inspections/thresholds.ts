import { compileGlob } from '@gumshoe/base/glob';
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
  const test = compileGlob(application);
  return { rank, matches: ({ id, name }) => test(id) || test(name), value };
}
