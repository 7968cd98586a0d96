import type { Labels, Series } from '@gumshoe/base/series';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import type { BuildContext } from './context.ts';

export interface ObjectRef {
  readonly kind: string;
  readonly name: string;
}

/** A pod by what kube-state-metrics says; several lives of one name are one. */
export interface PodState {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  uid: string;
  nodeName: string;
  hostNetwork: boolean;
  owner: ObjectRef;
  labels: Labels;
  annotations: Labels;
  /** Addresses of its own, and when it had them; none on the host's network. */
  readonly addresses: { readonly ip: string; readonly from: number; readonly to: number }[];
  readonly seen: Float64Array[];
  readonly ready: Series[];
  /** What its containers ask for, of cpu and memory. */
  readonly requests: Series[];
  phase: string;
  waitingReason: string;
  lastTerminatedReason: string;
}

const NOTHING: ObjectRef = { kind: '', name: '' };
const key = (cluster: string, namespace: string, name: string): string =>
  `${cluster}\u0000${namespace}\u0000${name}`;

/** `<none>` is how kube-state-metrics writes nothing. */
const written = (value: string | undefined): string =>
  value === undefined || value === '<none>' ? '' : value;

const lastOf = (series: Series): number => series.values.at(-1)!;
const endOf = (series: Series): number => series.timestamps.at(-1)!;

/** Series by the end of their samples, so that the newest has the last word; ties keep the order of labels. */
const byEnd = (series: readonly Series[]): readonly Series[] =>
  [...series].sort((a, b) => endOf(a) - endOf(b));

/** What kube-state-metrics says, by name. Empty without it. */
export class KubernetesState {
  readonly pods = new Map<string, PodState>();
  /** When the pods of each cluster were last told of, ms. */
  readonly #lastTold = new Map<string, number>();
  readonly #context: BuildContext;
  readonly #replicaSets = new Map<string, ObjectRef>();
  readonly #jobs = new Map<string, ObjectRef>();
  /** Pods by the id that a runtime gave one of their containers. */
  readonly #byRuntimeId = new Map<string, { readonly pod: PodState; readonly container: string }>();

  constructor(context: BuildContext) {
    this.#context = context;
    for (const series of byEnd(context.named(K.podInfo))) this.#addPod(series);
    this.#owners();
    this.#conditions();
    for (const series of context.named(K.podLabels)) this.#describe(series, 'labels');
    for (const series of context.named(K.podAnnotations)) this.#describe(series, 'annotations');
    for (const series of context.named(K.podContainerInfo)) this.#addContainer(series);
  }

  pod(cluster: string, namespace: string, name: string): PodState | undefined {
    return this.pods.get(key(cluster, namespace, name));
  }

  /** Whether Kubernetes has forgotten the pod: somebody wanted it away. */
  isDeleted({ cluster, seen }: PodState): boolean {
    const staleness = this.#context.stalenessOf({ timestamps: seen[0]! });
    const last = Math.max(...seen.map((timestamps) => timestamps.at(-1)!));
    return (this.#lastTold.get(cluster) ?? 0) - last > staleness;
  }

  /** `id` as runtimes and OpenTelemetry write it: 64 hexadecimal digits, or the first 12. */
  byRuntimeId(id: string): { readonly pod: PodState; readonly container: string } | undefined {
    return this.#byRuntimeId.get(id.slice(0, 12));
  }

  /** What controls a ReplicaSet or a Job; undefined when nothing is known of it. */
  controllerOf(cluster: string, namespace: string, owner: ObjectRef): ObjectRef | undefined {
    const of = key(cluster, namespace, owner.name);
    return owner.kind === 'ReplicaSet' ? this.#replicaSets.get(of) : this.#jobs.get(of);
  }

  #podOf({ labels }: Series): PodState | undefined {
    return this.pod(this.#context.clusterOf(labels), labels['namespace'] ?? '', labels['pod'] ?? '');
  }

  #addPod(series: Series): void {
    const { labels, timestamps } = series;
    const { namespace = '', pod: name = '' } = labels;
    if (name === '') return;
    const cluster = this.#context.clusterOf(labels);
    const id = key(cluster, namespace, name);
    let pod = this.pods.get(id);
    if (pod === undefined) this.pods.set(id, (pod = newPod(cluster, namespace, name)));
    pod.uid = labels['uid'] ?? '';
    pod.nodeName = labels['node'] ?? '';
    pod.hostNetwork =
      labels['host_network'] === 'true' ||
      (written(labels['pod_ip']) !== '' && labels['pod_ip'] === labels['host_ip']);
    pod.owner = {
      kind: written(labels['created_by_kind']),
      name: written(labels['created_by_name']),
    };
    pod.seen.push(timestamps);
    this.#lastTold.set(cluster, Math.max(this.#lastTold.get(cluster) ?? 0, timestamps.at(-1)!));
    const ip = written(labels['pod_ip']);
    if (ip !== '' && !pod.hostNetwork)
      pod.addresses.push({ ip, from: timestamps[0]!, to: timestamps.at(-1)! });
  }

  #owners(): void {
    for (const series of byEnd(this.#context.named(K.podOwner))) {
      const pod = this.#podOf(series);
      const owner = ownerIn(series.labels);
      if (pod && owner.kind !== '') pod.owner = owner;
    }
    for (const series of this.#context.named(K.replicaSetOwner))
      this.#replicaSets.set(this.#keyOf(series, 'replicaset'), ownerIn(series.labels));
    for (const series of this.#context.named(K.jobOwner))
      this.#jobs.set(this.#keyOf(series, 'job_name'), ownerIn(series.labels));
  }

  #keyOf({ labels }: Series, name: string): string {
    return key(this.#context.clusterOf(labels), labels['namespace'] ?? '', labels[name] ?? '');
  }

  #conditions(): void {
    for (const series of byEnd(this.#context.named(K.podPhase))) {
      const pod = this.#podOf(series);
      if (pod && lastOf(series) > 0) pod.phase = series.labels['phase'] ?? '';
    }
    for (const series of this.#context.named(K.podReady))
      if (series.labels['condition'] === 'true') this.#podOf(series)?.ready.push(series);
    for (const series of this.#context.named(K.containerRequests)) this.#podOf(series)?.requests.push(series);
    for (const series of byEnd(this.#context.named(K.containerWaitingReason))) {
      const pod = this.#podOf(series);
      if (pod && lastOf(series) > 0) pod.waitingReason = series.labels['reason'] ?? '';
    }
    for (const series of byEnd(this.#context.named(K.containerLastTerminatedReason))) {
      const pod = this.#podOf(series);
      if (pod && lastOf(series) > 0) pod.lastTerminatedReason = series.labels['reason'] ?? '';
    }
  }

  #describe(series: Series, what: 'labels' | 'annotations'): void {
    const pod = this.#podOf(series);
    if (pod) pod[what] = { ...pod[what], ...series.labels };
  }

  #addContainer(series: Series): void {
    const pod = this.#podOf(series);
    const id = /^[a-z-]+:\/\/([0-9a-f]{12,64})$/.exec(series.labels['container_id'] ?? '')?.[1];
    if (pod && id)
      this.#byRuntimeId.set(id.slice(0, 12), { pod, container: series.labels['container'] ?? '' });
  }
}

const ownerIn = (labels: Labels): ObjectRef => ({
  kind: written(labels['owner_kind']),
  name: written(labels['owner_name']),
});

const newPod = (cluster: string, namespace: string, name: string): PodState => ({
  cluster,
  namespace,
  name,
  uid: '',
  nodeName: '',
  hostNetwork: false,
  owner: NOTHING,
  labels: {},
  annotations: {},
  addresses: [],
  seen: [],
  ready: [],
  requests: [],
  phase: '',
  waitingReason: '',
  lastTerminatedReason: '',
});
