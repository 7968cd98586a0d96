import { testLevel } from './testdata/level-case.ts';
import { NETWORK_CASES } from './testdata/level-cases.ts';

for (const one of NETWORK_CASES) testLevel(one);
