import { testLevel } from './testdata/level-case.ts';
import { DNS_CASES } from './testdata/level-cases.ts';

for (const one of DNS_CASES) testLevel(one);
