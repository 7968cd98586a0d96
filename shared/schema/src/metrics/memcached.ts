import { metricsOf } from './define.ts';

export const MEMCACHED_METRICS = metricsOf('target', {
  up: { name: 'memcached_up', type: 'gauge', unit: 'none', help: '1 when the probe got its answer.' },
  version: {
    name: 'memcached_version',
    type: 'gauge',
    unit: 'none',
    labels: ['version'],
    help: 'Server version.',
  },
  limit: { name: 'memcached_limit_bytes', type: 'gauge', unit: 'bytes', help: 'Memory for items.' },
  evicted: {
    name: 'memcached_items_evicted_total',
    type: 'counter',
    unit: 'count',
    help: 'Items removed before they expired, for lack of memory.',
  },
  commands: {
    name: 'memcached_commands_total',
    type: 'counter',
    unit: 'count',
    labels: ['command', 'status'],
    help: 'Commands by what came of them: get hit, get miss, set hit …',
  },
});
