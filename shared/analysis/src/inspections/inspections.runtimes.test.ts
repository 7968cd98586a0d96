import { testLevel } from './testdata/level-case.ts';
import { RUNTIME_CASES } from './testdata/level-cases.ts';

for (const one of RUNTIME_CASES) testLevel(one);
