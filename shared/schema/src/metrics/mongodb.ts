import { metricsOf } from './define.ts';

export const MONGODB_METRICS = metricsOf('target', {
  up: { name: 'mongo_up', type: 'gauge', unit: 'none', help: '1 when the probe could log in and query.' },
  scrapeError: {
    name: 'mongo_scrape_error',
    type: 'gauge',
    unit: 'none',
    labels: ['error', 'warning'],
    help: 'Last error or warning of the probe.',
  },
  info: {
    name: 'mongo_info',
    type: 'gauge',
    unit: 'none',
    labels: ['server_version'],
    help: 'Server version.',
  },
  replicaSetStatus: {
    name: 'mongo_rs_status',
    type: 'gauge',
    unit: 'none',
    labels: ['rs', 'role'],
    help: '1 for the replica set and the role of the member: primary, secondary, arbiter.',
  },
  lastApplied: {
    name: 'mongo_rs_last_applied_timestamp_ms',
    type: 'gauge',
    unit: 'milliseconds',
    help: 'Time of the last operation the member has applied.',
  },
  databaseSize: {
    name: 'mongo_database_size_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: ['db'],
    help: 'Size of a database.',
  },
  collectionSize: {
    name: 'mongo_collection_size_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: ['db', 'collection'],
    help: 'Size of a collection.',
  },
  collectionGrowth: {
    name: 'mongo_collection_size_growth_bytes_per_second',
    type: 'gauge',
    unit: 'bytes/second',
    labels: ['db', 'collection'],
    help: 'Growth of a collection.',
  },
});
