import type { Unit } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import type { Application, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { matchCluster, matchLabel, rateWindow, selectApplication } from '../evidence.ts';
import { countBefore, meansAround, type Absence } from './absence.ts';

/** What shows that nothing runs, and the query for it. */
export interface AbsenceSignal {
  readonly signal: string;
  readonly query: string;
  /** What the query gives while it lasts, and gave before. */
  readonly value: number;
  readonly before: number;
  readonly unit: Unit;
}

const AVAILABLE: Readonly<Record<string, readonly [metric: string, label: string]>> = {
  StatefulSet: [K.statefulSetReady.name, 'statefulset'],
  DaemonSet: [K.daemonSetAvailable.name, 'daemonset'],
};

export function absenceSignal(world: World, application: Application, absence: Absence): AbsenceSignal {
  const { name, namespace, cluster, instances, replicas, kind } = application;
  if (absence.told === 'samples') {
    const selected = selectApplication(application, C.cpuUsage.name);
    const query = `count(rate(${selected}${rateWindow(world)})) or vector(0)`;
    const before = countBefore(application, absence);
    return { signal: C.cpuUsage.name, query, value: 0, before, unit: 'count' };
  }
  if (absence.told === 'idle' || !replicas) {
    const memory = sumColumns(
      instances.map((one) => one.memoryRss),
      world.grid.points,
    );
    const query = `sum(${selectApplication(application, C.memoryRss.name)})`;
    return { signal: C.memoryRss.name, query, ...meansAround(memory, absence), unit: 'bytes' };
  }
  const [signal, label] = AVAILABLE[kind] ?? [K.deploymentAvailable.name, 'deployment'];
  const matchers = [
    matchLabel('namespace', [namespace]),
    matchLabel(label, [name]),
    ...matchCluster(cluster),
  ];
  const query = `${signal}{${matchers.join(',')}}`;
  return { signal, query, ...meansAround(replicas.available, absence), unit: 'count' };
}
