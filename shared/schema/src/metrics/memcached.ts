import { metricsOf } from './define.ts';

export const MEMCACHED_METRICS = metricsOf('target', {
  up: { name: 'memcached_up', type: 'gauge', unit: 'none', help: '1 when the probe got its answer.' },
  scrapeError: {
    name: 'memcached_scrape_error',
    type: 'gauge',
    unit: 'none',
    labels: ['error', 'warning'],
    help: 'Last error of the probe.',
  },
  version: {
    name: 'memcached_version',
    type: 'gauge',
    unit: 'none',
    labels: ['version'],
    help: 'Server version.',
  },
  limit: { name: 'memcached_limit_bytes', type: 'gauge', unit: 'bytes', help: 'Memory for items.' },
  used: {
    name: 'memcached_current_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory that items take.',
  },
  items: { name: 'memcached_current_items', type: 'gauge', unit: 'count', help: 'Items.' },
  connections: {
    name: 'memcached_current_connections',
    type: 'gauge',
    unit: 'count',
    help: 'Open connections.',
  },
  connectionsMax: {
    name: 'memcached_max_connections',
    type: 'gauge',
    unit: 'count',
    help: 'Connections allowed.',
  },
  connectionsRejected: {
    name: 'memcached_connections_rejected_total',
    type: 'counter',
    unit: 'count',
    help: 'Connections turned away because there were too many.',
  },
  listenDisabled: {
    name: 'memcached_connections_listener_disabled_total',
    type: 'counter',
    unit: 'count',
    help: 'Times that no more connections were accepted because there were too many.',
  },
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
