import type { Series } from '@gumshoe/base/series';
import * as databases from './database-cases.ts';
import * as states from './database-states.ts';
import { firing } from './level-case.ts';
import * as cases from './level-cases.ts';
import { broken } from './state-case.ts';

export { AREA_RANGE } from './small-world.ts';

/** A world for each inspection that compares a level or looks at a state, in which it fires. */
export const AREA_WORLDS: Readonly<Record<string, () => readonly Series[]>> = Object.fromEntries([
  ...[...Object.values(cases), ...Object.values(databases)]
    .flat()
    .map((one) => [one.inspection, () => firing(one)] as const),
  ...Object.values(states)
    .flat()
    .map((one) => [one.inspection, () => broken(one)] as const),
]);
