import type { Instance } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { known } from './measured.ts';

/** A metric whose samples show that the instances were there. */
export function presenceMetric(instances: readonly Instance[]): string {
  if (instances.some(({ cpuUsage }) => known(cpuUsage))) return C.cpuUsage.name;
  if (instances.some(({ memoryRss }) => known(memoryRss))) return C.memoryRss.name;
  return instances.some(({ addresses }) => addresses.length > 0) ? C.tcpListen.name : C.info.name;
}
