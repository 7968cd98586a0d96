import type { ProbeDefinition } from './define.ts';
import { memcachedProbe } from './memcached/probe.ts';
import { mysqlProbe } from './mysql/probe.ts';
import { postgresProbe } from './postgres/probe.ts';
import { redisProbe } from './redis/probe.ts';

export const PROBES: readonly ProbeDefinition[] = [postgresProbe, mysqlProbe, redisProbe, memcachedProbe];
