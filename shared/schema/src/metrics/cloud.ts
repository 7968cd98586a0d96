import { metricsOf } from './define.ts';

export const CLOUD_METRICS = metricsOf('node', {
  info: {
    name: 'node_cloud_info',
    type: 'gauge',
    unit: 'none',
    labels: [
      'provider',
      'account_id',
      'instance_id',
      'instance_type',
      'instance_life_cycle',
      'region',
      'availability_zone',
      'availability_zone_id',
      'local_ipv4',
      'public_ipv4',
    ],
    help: 'What the cloud says of this machine.',
  },
});
