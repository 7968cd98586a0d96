import { AWS_METRICS } from './aws.ts';
import { CLOUD_METRICS } from './cloud.ts';
import { DOTNET_METRICS } from './dotnet.ts';
import { GO_METRICS, GO_RUNTIME_METRICS } from './go.ts';
import { CERTIFICATE_METRICS } from './certificates.ts';
import { CLOCK_METRICS } from './clock.ts';
import { JVM_METRICS } from './jvm.ts';
import { KAFKA_METRICS } from './kafka.ts';
import { KUBERNETES_METRICS } from './kubernetes.ts';
import { NODEJS_METRICS } from './nodejs.ts';
import { PYTHON_METRICS } from './python.ts';
import { CONTAINER_GPU_METRICS, GPU_METRICS } from './gpu.ts';
import { CADVISOR_METRICS } from './cadvisor.ts';
import { CONTAINER_METRICS, DNS_METRICS, REQUEST_METRICS } from './container.ts';
import type { MetricDefinition } from './define.ts';
import { NODE_METRICS } from './node.ts';
import { MEMCACHED_METRICS } from './memcached.ts';
import { MONGODB_METRICS } from './mongodb.ts';
import { MYSQL_METRICS } from './mysql.ts';
import { POSTGRES_BACKUP_METRICS } from './postgres-backups.ts';
import { POSTGRES_MAINTENANCE_METRICS } from './postgres-maintenance.ts';
import { POSTGRES_METRICS } from './postgres.ts';
import { REDIS_METRICS } from './redis.ts';
import { SELF_METRICS } from './self.ts';
import { TRACE_METRICS } from './trace.ts';

/** The single list of metrics. Everything that names a metric takes it from here. */
export const METRICS: readonly MetricDefinition[] = [
  NODE_METRICS,
  CONTAINER_METRICS,
  CADVISOR_METRICS,
  ...Object.values(REQUEST_METRICS),
  DNS_METRICS,
  POSTGRES_METRICS,
  POSTGRES_MAINTENANCE_METRICS,
  POSTGRES_BACKUP_METRICS,
  MYSQL_METRICS,
  MONGODB_METRICS,
  MEMCACHED_METRICS,
  REDIS_METRICS,
  SELF_METRICS,
  TRACE_METRICS,
  CLOUD_METRICS,
  AWS_METRICS,
  KUBERNETES_METRICS,
  KAFKA_METRICS,
  DOTNET_METRICS,
  GO_METRICS,
  GO_RUNTIME_METRICS,
  CLOCK_METRICS,
  CERTIFICATE_METRICS,
  CONTAINER_GPU_METRICS,
  GPU_METRICS,
  JVM_METRICS,
  NODEJS_METRICS,
  PYTHON_METRICS,
].flatMap((group) => Object.values(group));
