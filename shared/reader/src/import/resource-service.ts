import type { Labels } from '@gumshoe/base/series';
import { identifyPod } from '@gumshoe/model/build/identity';

/** Attributes that name the service where `service.name` does not, most telling first. */
const NAMES = [
  'service.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
  'k8s.pod.labels.app.kubernetes.io/name',
  'k8s.pod.label.app',
  'k8s.pod.labels.app',
  'app.kubernetes.io/name',
  'service',
  'service_name',
  'app',
] as const;
const LESS_TELLING = [
  'k8s.container.name',
  'container.name',
  'container_name',
  'job',
  'process.executable.name',
] as const;

/** SDKs write this where nobody told them a name, with the name of the program behind it. */
const UNKNOWN = /^unknown_service(:.*)?$/;

const named = (attributes: Labels, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = attributes[name];
    if (value && !UNKNOWN.test(value)) return value;
  }
  return undefined;
};

/** The service that a resource is, or that a record of it says; `unknown_service` when nothing tells. */
export function resourceService(resource: Labels, record: Labels = {}): string {
  const pod = resource['k8s.pod.name'] ?? record['k8s.pod.name'];
  return (
    named(resource, NAMES) ??
    named(record, NAMES) ??
    (pod ? identifyPod('', pod).application : undefined) ??
    named(resource, LESS_TELLING) ??
    named(record, LESS_TELLING) ??
    resource['service.name'] ??
    'unknown_service'
  );
}
