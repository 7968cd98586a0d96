import type { Labels } from '@gumshoe/base/series';
import { identifyPod } from '@gumshoe/model/build/identity';

/** How a series of another system becomes one of the catalogue. `undefined` labels: not this series. */
export interface Rule {
  readonly to: string;
  readonly labels: (labels: Labels) => Labels | undefined;
  readonly scale?: number;
  /** A second metric that the same series becomes. */
  readonly also?: Rule;
}

/** What a label says outright about the machine. */
const namedMachine = (labels: Labels): string | undefined =>
  labels['machine_id'] ?? labels['node'] ?? labels['host'] ?? labels['hostname'] ?? labels['k8s_node_name'];

/** The machine of what an agent on it measured: its own address, without the port, is that of the machine. */
export const machineOf = (labels: Labels): string =>
  namedMachine(labels) ?? labels['instance']?.replace(/:\d+$/, '') ?? '';

const first = (labels: Labels, names: readonly string[]): string | undefined => {
  for (const name of names) if (labels[name]) return labels[name];
  return undefined;
};

/** Labels under which cAdvisor, the kubelet, exporters and relabelling rules keep the same thing. */
const PODS = ['pod', 'pod_name', 'k8s_pod_name', 'container_label_io_kubernetes_pod_name', 'exported_pod'];
const NAMESPACES = [
  'namespace',
  'k8s_namespace_name',
  'container_label_io_kubernetes_pod_namespace',
  'exported_namespace',
  'kubernetes_namespace',
];
const CONTAINERS = [
  'container',
  'container_name',
  'k8s_container_name',
  'container_label_io_kubernetes_container_name',
  'exported_container',
];
const SERVICES = [
  'service_name',
  'service',
  'exported_service',
  'app',
  'application',
  'microservice',
  'deployment',
  'workload',
  'k8s_deployment_name',
  'app_kubernetes_io_name',
  'label_app',
  'component',
  'container_label_com_docker_compose_service',
  'container_label_com_docker_swarm_service_name',
];

export const podOf = (labels: Labels): string | undefined => first(labels, PODS);
export const namespaceOf = (labels: Labels): string => first(labels, NAMESPACES) ?? 'default';
/** What a label says outright; a scrape job is not asked. */
export const namedService = (labels: Labels): string | undefined => first(labels, SERVICES);

/** The service that a series is about: its label, else the workload of its pod, its container, its scrape job. */
export function serviceOf(labels: Labels): string | undefined {
  const named = namedService(labels);
  if (named) return named;
  const pod = podOf(labels);
  if (pod) return identifyPod('', pod).application;
  const job = labels['exported_job'] || labels['job'];
  // `namespace/service`, as OpenTelemetry's Prometheus exporters write it
  return first(labels, CONTAINERS) ?? (job ? job.slice(job.lastIndexOf('/') + 1) : undefined);
}

/** Names of containers that are not the workload's own. */
const PAUSE: ReadonlySet<string> = new Set(['POD', 'pause']);

/**
 * The container of a series: of a pod, of Docker, or, where only a service is named, one of its name.
 * Sums of a pod have no container; `podSum` says whether they stand for it.
 */
export function containerOf(labels: Labels, podSum = false, machine = machineOf(labels)): Labels | undefined {
  const own = labels['container_id'] ?? '';
  if (own.startsWith('/')) return { container_id: own, machine_id: machine };
  const pod = podOf(labels);
  const container = first(labels, CONTAINERS);
  if (container && PAUSE.has(container)) return undefined;
  if (pod) {
    if (!container && !podSum) return undefined;
    return inPod(labels, pod, container ?? 'main', machine);
  }
  const docker =
    container ??
    first(labels, ['container_label_com_docker_compose_service', 'name']) ??
    namedService(labels);
  return docker ? { container_id: `/docker/${withoutSlashes(docker)}`, machine_id: machine } : undefined;
}

const inPod = (labels: Labels, pod: string, container: string, machine = machineOf(labels)): Labels => ({
  container_id: `/k8s/${namespaceOf(labels)}/${withoutSlashes(pod)}/${withoutSlashes(container)}`,
  machine_id: machine,
});

/** The container of a series that no agent on its machine measured: `instance` is somebody else's address. */
export const containerElsewhere = (labels: Labels): Labels | undefined =>
  containerOf(labels, true, namedMachine(labels) ?? '');

/** Docker writes names with a leading slash; in ids a slash ends a part. */
const withoutSlashes = (name: string): string => name.replace(/^\/+/, '').replaceAll('/', '-');

/** The pod's network namespace is that of all its containers: cAdvisor names none, or the pause container. */
export function podNetwork(labels: Labels): Labels | undefined {
  const pod = podOf(labels);
  return pod ? inPod(labels, pod, 'POD') : containerOf(labels);
}

/** Which pod a series is of, and whether it is of one of its containers: sums are used where there is nothing else. */
export function podPart(labels: Labels): { readonly pod: string; readonly container: boolean } | undefined {
  const pod = podOf(labels);
  if (!pod || labels['container_id']?.startsWith('/')) return undefined;
  const container = first(labels, CONTAINERS);
  return {
    pod: `${namespaceOf(labels)}/${pod}`,
    container: container !== undefined && !PAUSE.has(container),
  };
}
