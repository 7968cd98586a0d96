import type { CandidateDefinition } from './define.ts';
import { DATABASE_LEVELS } from './levels-databases.ts';
import { NETWORK_LEVELS } from './levels-network.ts';
import { RUNTIME_LEVELS } from './levels-runtime.ts';

/** Causes that show as the level of one column. */
export const LEVELS: readonly CandidateDefinition[] = [
  ...RUNTIME_LEVELS,
  ...NETWORK_LEVELS,
  ...DATABASE_LEVELS,
];
