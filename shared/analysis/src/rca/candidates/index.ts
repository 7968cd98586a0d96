import type { CandidateDefinition } from './define.ts';
import { instanceDown } from './instance-down.ts';

/** All kinds of causes that an investigation considers. */
export const CANDIDATES: readonly CandidateDefinition[] = [instanceDown];
