import { testLevel } from './testdata/level-case.ts';
import { CPU_CASES } from './testdata/level-cases.ts';

for (const one of CPU_CASES) testLevel(one);
