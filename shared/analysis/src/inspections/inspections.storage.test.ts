import { testLevel } from './testdata/level-case.ts';
import { STORAGE_CASES } from './testdata/level-cases.ts';

for (const one of STORAGE_CASES) testLevel(one);
