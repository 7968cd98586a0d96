import type { Instance } from '@gumshoe/model/world';
import { AWS_METRICS as A } from '@gumshoe/schema/metrics/aws';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { matchLabel } from '../evidence.ts';
import type { Subject } from './define.ts';
import { known } from './measured.ts';

/** PromQL that shows which instances were there, and when. */
export function presenceQuery({ application, select }: Subject, instances: readonly Instance[]): string {
  // names of pods and databases, without what tells equal ones on two nodes apart
  const names = instances.map(({ id }) => id.replace(/@[^@]*$/, ''));
  if (application.kind === 'RDS') return `${A.rdsStatus.name}{${ending('rds_instance_id', names)}} > 0`;
  if (application.kind === 'ElasticacheCluster')
    return `${A.elastiCacheStatus.name}{${ending('ec_instance_id', names)}} > 0`;
  if (instances.some(({ containerIds }) => containerIds.length > 0))
    return `group by (container_id) (${select(metricOf(instances))})`;
  return `group by (pod) (${K.podInfo.name}{${matchLabel('pod', names)}})`;
}

const ending = (label: string, names: readonly string[]): string =>
  `${label}=~${JSON.stringify(`(.*/)?(${names.join('|')})`)}`;

function metricOf(instances: readonly Instance[]): string {
  if (instances.some(({ cpuUsage }) => known(cpuUsage))) return C.cpuUsage.name;
  if (instances.some(({ memoryRss }) => known(memoryRss))) return C.memoryRss.name;
  return instances.some(({ addresses }) => addresses.length > 0) ? C.tcpListen.name : C.info.name;
}
