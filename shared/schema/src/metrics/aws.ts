import { metricsOf } from './define.ts';

/** Managed databases as the cluster agent finds them through the cloud's API, as far as the model reads them. */
export const AWS_METRICS = metricsOf('process', {
  rdsInfo: {
    name: 'aws_rds_info',
    type: 'gauge',
    unit: 'none',
    labels: [
      'rds_instance_id',
      'cluster_id',
      'source_instance_id',
      'endpoint',
      'ipv4',
      'port',
      'engine',
      'engine_version',
      'instance_type',
      'region',
      'availability_zone',
      'multi_az',
    ],
    help: 'Instances of RDS and Aurora.',
  },
  rdsStatus: {
    name: 'aws_rds_status',
    type: 'gauge',
    unit: 'none',
    labels: ['rds_instance_id', 'status'],
    help: 'State of an RDS instance.',
  },
  elastiCacheInfo: {
    name: 'aws_elasticache_info',
    type: 'gauge',
    unit: 'none',
    labels: [
      'ec_instance_id',
      'cluster_id',
      'ipv4',
      'port',
      'engine',
      'engine_version',
      'instance_type',
      'region',
      'availability_zone',
    ],
    help: 'Nodes of ElastiCache.',
  },
  elastiCacheStatus: {
    name: 'aws_elasticache_status',
    type: 'gauge',
    unit: 'none',
    labels: ['ec_instance_id', 'status'],
    help: 'State of an ElastiCache node.',
  },
});
