import { testLevel } from './testdata/level-case.ts';
import { MEMORY_CASES } from './testdata/level-cases.ts';

for (const one of MEMORY_CASES) testLevel(one);
