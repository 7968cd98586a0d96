import type { Series } from '@gumshoe/base/series';
import * as databases from './database-cases.ts';
import { firing } from './level-case.ts';
import * as cases from './level-cases.ts';

export { AREA_RANGE } from './small-world.ts';

/** A world for each inspection that compares a level, in which it fires. */
export const AREA_WORLDS: Readonly<Record<string, () => readonly Series[]>> = Object.fromEntries(
  [...Object.values(cases), ...Object.values(databases)]
    .flat()
    .map((one) => [one.inspection, () => firing(one)]),
);
