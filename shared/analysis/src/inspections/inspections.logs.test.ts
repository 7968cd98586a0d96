import { testLevel } from './testdata/level-case.ts';
import { LOG_CASES } from './testdata/level-cases.ts';

for (const one of LOG_CASES) testLevel(one);
