import type { ProbeDefinition } from './define.ts';
import { postgresProbe } from './postgres/probe.ts';
import { redisProbe } from './redis/probe.ts';

export const PROBES: readonly ProbeDefinition[] = [postgresProbe, redisProbe];
