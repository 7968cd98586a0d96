import type { Series } from '@gumshoe/base/series';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import type { ApplicationKind } from '../entities.ts';
import type { Column, PodFacts, ReplicaColumns } from '../world.ts';
import type { BuildContext, Building } from './context.ts';
import type { ApplicationDraft, InstanceDraft } from './drafts.ts';
import type { PodState } from './kubernetes.ts';
import { mergeInstants } from './presence.ts';
import { addInto, maxInto } from './resample.ts';
import type { Workloads } from './workloads.ts';

const PERIODIC: ReadonlySet<ApplicationKind> = new Set(['Job', 'CronJob']);
const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** Instances of pods that no collector sees: not started yet, or on nodes without one. */
export function buildPods(building: Building, workloads: Workloads): void {
  const { context, registry, kubernetes } = building;
  if (kubernetes.pods.size === 0) return;
  const watched = new Set<PodState>();
  // limits and restarts are told of these, but nobody sees them run
  const unseen = new Map<PodState, InstanceDraft>();
  for (const application of registry.applications.values())
    for (const [key, instance] of application.instances) {
      const { pod } = instance;
      if (pod && isSeen(instance)) watched.add(pod);
      else if (pod && ENDED.has(pod.phase)) application.instances.delete(key);
      else if (pod) unseen.set(pod, instance);
    }
  const source = mergeInstants(context.named(K.podInfo).map(({ timestamps }) => timestamps));
  const machines = machinesOf(context);
  // scrapers of Kubernetes name the machine as Kubernetes does
  const nodes = new Set(context.nodes);
  for (const pod of kubernetes.pods.values()) {
    if (watched.has(pod) || ENDED.has(pod.phase)) continue;
    const identity = workloads.ofPod(pod);
    const node =
      machines.get(`${pod.cluster}|${pod.nodeName}`) ?? (nodes.has(pod.nodeName) ? pod.nodeName : '');
    if (PERIODIC.has(identity.kind) && isWatched(registry.applicationOf(identity, node))) continue;
    const instance = unseen.get(pod) ?? registry.instanceOf(identity, node);
    instance.seen.push(...pod.seen);
    instance.reported = { source, up: lastReady(pod) };
  }
}

const isSeen = ({ seen, listening }: InstanceDraft): boolean => seen.length + listening.length > 0;

const isWatched = (application: ApplicationDraft): boolean =>
  [...application.instances.values()].some(isSeen);

/** Machine ids by the names Kubernetes has for its nodes: by the machine's own id, else by its host name. */
function machinesOf(context: BuildContext): ReadonlyMap<string, string> {
  const machines = new Map<string, string>();
  const byUuid = new Map<string, string>();
  for (const { labels } of context.named(N.info)) {
    const { machine_id: machine = '', system_uuid: uuid = '', hostname = '' } = labels;
    machines.set(`${context.clusterOf(labels)}|${hostname}`, machine);
    if (uuid !== '') byUuid.set(uuid.toLowerCase(), machine);
  }
  for (const { labels } of context.named(K.nodeInfo)) {
    const machine = byUuid.get((labels['system_uuid'] ?? '').toLowerCase());
    if (machine !== undefined) machines.set(`${context.clusterOf(labels)}|${labels['node'] ?? ''}`, machine);
  }
  return machines;
}

const lastReady = (pod: PodState): boolean =>
  pod.ready.length > 0 ? pod.ready.some(({ values }) => values.at(-1)! > 0) : pod.phase !== 'Pending';

export function podFacts({ context }: Building, pod: PodState): PodFacts {
  const { waitingReason, lastTerminatedReason } = pod;
  return {
    uid: pod.uid,
    owner: pod.owner.kind === '' ? '' : `${pod.owner.kind}/${pod.owner.name}`,
    phase: pod.phase,
    ...(pod.ready.length > 0 ? { ready: highest(context, pod.ready) } : {}),
    ...requestsOf(context, pod),
    ...(waitingReason === '' ? {} : { waitingReason }),
    ...(lastTerminatedReason === '' ? {} : { lastTerminatedReason }),
  };
}

function requestsOf(
  context: BuildContext,
  { requests }: PodState,
): Pick<PodFacts, 'cpuRequest' | 'memoryRequest'> {
  const sumOf = (resource: string): Column | undefined => {
    const parts = requests.filter(({ labels }) => labels['resource'] === resource);
    if (parts.length === 0) return undefined;
    const out = context.resampler.column();
    for (const series of parts) addInto(out, context.gauge(series));
    return out;
  };
  const [cpuRequest, memoryRequest] = [sumOf('cpu'), sumOf('memory')];
  return { ...(cpuRequest ? { cpuRequest } : {}), ...(memoryRequest ? { memoryRequest } : {}) };
}

function highest(context: BuildContext, all: readonly Series[]): Column {
  const out = context.resampler.column();
  for (const series of all) maxInto(out, context.gauge(series));
  return out;
}

const WANTED = {
  Deployment: { desired: K.deploymentReplicas, available: K.deploymentAvailable, label: 'deployment' },
  StatefulSet: { desired: K.statefulSetReplicas, available: K.statefulSetReady, label: 'statefulset' },
  DaemonSet: { desired: K.daemonSetDesired, available: K.daemonSetAvailable, label: 'daemonset' },
} as const;

/** What Kubernetes wants of every workload, by kind, cluster, namespace and name. */
export class WantedReplicas {
  readonly #columns = new Map<string, ReplicaColumns>();

  constructor(context: BuildContext) {
    for (const [kind, { desired, available, label }] of Object.entries(WANTED))
      for (const metric of [desired, available])
        for (const series of context.named(metric)) {
          const { namespace = '', [label]: name = '' } = series.labels;
          const key = keyOf(kind, context.clusterOf(series.labels), namespace, name);
          let columns = this.#columns.get(key);
          if (columns === undefined) {
            columns = { desired: context.resampler.column(), available: context.resampler.column() };
            this.#columns.set(key, columns);
          }
          addInto(metric === desired ? columns.desired : columns.available, context.gauge(series));
        }
  }

  of({ identity, namespace }: ApplicationDraft): ReplicaColumns | undefined {
    return this.#columns.get(keyOf(identity.kind, identity.cluster, namespace, identity.application));
  }
}

const keyOf = (...parts: readonly string[]): string => parts.join('\u0000');
