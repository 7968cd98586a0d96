import type { Application } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { matchCluster, matchLabel, selectApplication } from '../evidence.ts';
import type { Absence } from './absence.ts';

/** What shows that nothing runs, and the query for it. */
export interface AbsenceSignal {
  readonly signal: string;
  readonly query: string;
}

const AVAILABLE: Readonly<Record<string, readonly [metric: string, label: string]>> = {
  StatefulSet: [K.statefulSetReady.name, 'statefulset'],
  DaemonSet: [K.daemonSetAvailable.name, 'daemonset'],
};

export function absenceSignal(application: Application, { told }: Absence): AbsenceSignal {
  if (told !== 'replicas') {
    const signal = told === 'idle' ? C.memoryRss.name : C.cpuUsage.name;
    return { signal, query: selectApplication(application, signal) };
  }
  const [signal, label] = AVAILABLE[application.kind] ?? [K.deploymentAvailable.name, 'deployment'];
  const { name, namespace, cluster } = application;
  const matchers = [
    matchLabel('namespace', [namespace]),
    matchLabel(label, [name]),
    ...matchCluster(cluster),
  ];
  return { signal, query: `${signal}{${matchers.join(',')}}` };
}
