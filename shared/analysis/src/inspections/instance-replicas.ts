import { formatValue } from '@gumshoe/base/units';
import { lastOf, shareColumn } from '@gumshoe/model/columns';
import type { ApplicationKind } from '@gumshoe/model/entities';
import type { ReplicaColumns } from '@gumshoe/model/world';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { matchLabel, promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { sustained, sustainPoints, sustainRule } from './sustained.ts';

const METRICS: Partial<
  Record<ApplicationKind, { readonly metric: { readonly name: string }; readonly label: string }>
> = {
  Deployment: { metric: K.deploymentAvailable, label: 'deployment' },
  StatefulSet: { metric: K.statefulSetReady, label: 'statefulset' },
  DaemonSet: { metric: K.daemonSetAvailable, label: 'daemonset' },
};

/**
 * The verdict on what Kubernetes says: available of desired pods, in percent. While a workload is scaled up, what
 * is missing is on its way, so one look is not enough. undefined where Kubernetes says nothing.
 */
export function replicasVerdict(
  { application, grid, window, range }: Subject,
  replicas: ReplicaColumns,
  threshold: number,
): Omit<Verdict, 'instances' | 'marks'> | undefined {
  const desired = lastOf(replicas.desired, window, sustainPoints(grid));
  const available = lastOf(replicas.available, window, sustainPoints(grid));
  const source = METRICS[application.kind];
  if (desired !== desired || available !== available || !source) return undefined;
  const share = shareColumn(replicas.available, replicas.desired).map((one) => Math.min(1, one) * 100);
  const missing = share.map((percent) => 100 - percent);
  const state = sustained(missing, window, sustainRule(100 - threshold, grid));
  const percent = desired > 0 ? Math.min(100, (available / desired) * 100) : 100;
  const firing = desired > 0 && state?.firing === true;
  const message =
    desired > 0
      ? `${formatValue(available, 'count')} of ${formatValue(desired, 'count')} wanted pods are available`
      : 'It is scaled to no pods';
  const of = [matchLabel('namespace', [application.namespace]), matchLabel(source.label, [application.name])];
  return {
    health: firing ? (available > 0 ? 'warning' : 'critical') : 'ok',
    message,
    value: percent,
    threshold,
    unit: 'percent',
    evidence: [promqlEvidence(`${source.metric.name}{${of.join(',')}}`, range, message)],
    explanation: [
      `available ${available} / wanted ${desired} = ${percent.toFixed(0)} %, at least ${threshold} % must be available`,
      `${state?.above ?? 0} of the last ${sustainPoints(grid)} points lie below that`,
    ],
    columns: [{ name: 'available, percent', values: share }],
  };
}
