import { testLevel } from './testdata/level-case.ts';
import { GPU_CASES } from './testdata/level-cases.ts';

for (const one of GPU_CASES) testLevel(one);
