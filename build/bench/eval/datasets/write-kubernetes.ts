import type { Pod, TestBed } from './test-bed.ts';
import type { Service } from './system.ts';
import type { TextWriter } from './write-text.ts';

/** Seconds from the start of a pod to when it is ready. */
const STARTS = 8_000;

/** Workloads, their pods and owners as kube-state-metrics tells of them. */
export function writeKubernetes(bed: TestBed, writer: TextWriter): void {
  const { from, to, shape, system } = bed;
  for (let at = from; at <= to; at += shape.interval)
    for (const service of system.services) {
      const pods = bed.pods.get(service.name)!.filter((one) => one.from <= at && one.to >= at);
      writeWorkload(bed, writer, service, pods, at);
      for (const pod of pods) writePod(bed, writer, pod, service, at);
    }
}

const isReady = (bed: TestBed, { name }: Service, pod: Pod, at: number): boolean => {
  const failed = bed.physics.injected(name, at)?.failed === true;
  return !failed && (pod.from === bed.from || at >= pod.from + STARTS);
};

function writeWorkload(
  bed: TestBed,
  writer: TextWriter,
  service: Service,
  pods: readonly Pod[],
  at: number,
): void {
  const namespace = bed.system.name;
  const ready = Math.min(1, pods.filter((pod) => isReady(bed, service, pod, at)).length);
  if (pods.every(({ name }) => name.endsWith('-0')) && service.isStore && service.name.length % 2 === 0) {
    const labels = { namespace, statefulset: service.name };
    writer.gauge('kube_statefulset_replicas', labels, at, 1);
    writer.gauge('kube_statefulset_status_replicas_ready', labels, at, ready);
    return;
  }
  const labels = { namespace, deployment: service.name };
  writer.gauge('kube_deployment_spec_replicas', labels, at, 1);
  writer.gauge('kube_deployment_status_replicas_available', labels, at, ready);
  writer.gauge('kube_deployment_status_replicas_unavailable', labels, at, 1 - ready);
}

function writePod(bed: TestBed, writer: TextWriter, pod: Pod, service: Service, at: number): void {
  const labels = { namespace: bed.system.name, pod: pod.name };
  const set = pod.name.split('-').slice(0, -1).join('-');
  const owner = pod.name.endsWith('-0') ? ['StatefulSet', service.name] : ['ReplicaSet', set];
  const created = { created_by_kind: owner[0]!, created_by_name: owner[1]! };
  writer.gauge('kube_pod_info', { ...labels, ...created, node: pod.node, uid: `uid-${pod.name}` }, at, 1);
  const ready = isReady(bed, service, pod, at);
  for (const condition of ['true', 'false'])
    writer.gauge(
      'kube_pod_status_ready',
      { ...labels, condition },
      at,
      Number(ready === (condition === 'true')),
    );
  writer.gauge('kube_pod_status_phase', { ...labels, phase: 'Running' }, at, 1);
  const failed = bed.physics.injected(service.name, at)?.failed === true;
  const container = { ...labels, container: service.name };
  writer.counter('kube_pod_container_status_restarts_total', container, at, Number(failed));
  writer.gauge(
    'kube_pod_container_resource_limits',
    { ...container, resource: 'memory', unit: 'byte' },
    at,
    2e9,
  );
}
