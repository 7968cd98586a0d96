import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import type { Labels } from '@gumshoe/base/series';
import type { Building } from './context.ts';
import type { ApplicationDraft } from './drafts.ts';
import { containerIdParts } from './identity.ts';

/**
 * Finds the application of every service that says where it runs: by the id of its container, as a collector or a
 * runtime writes it, then by its pod. A service that runs in several applications is left to its name.
 */
export function nameServices({ context, registry, kubernetes }: Building): void {
  const all = context.named(T.serviceInfo);
  if (all.length === 0) return;
  const places = new Map<string, ApplicationDraft>();
  for (const { containerId, instance, place } of registry.containers.values()) {
    const { application } = instance;
    places.set(`${place.cluster}|${containerId}`, application);
    const [scheme, a = '', b = ''] = containerIdParts(containerId);
    if (scheme === 'k8s') places.set(`${place.cluster}|pod ${a}/${b}`, application);
    else if (/^[0-9a-f]{12,64}$/.test(a))
      places.set(`${place.cluster}|runtime ${a.slice(0, 12)}`, application);
  }
  for (const application of registry.applications.values())
    for (const { pod } of application.instances.values())
      if (pod) places.set(`${pod.cluster}|pod ${pod.namespace}/${pod.name}`, application);
  const placeOf = (labels: Labels): ApplicationDraft | undefined => {
    const cluster = context.clusterOf(labels);
    const { container_id: id = '', k8s_pod_name: pod = '', k8s_namespace_name: namespace = '' } = labels;
    const inside = id === '' ? undefined : kubernetes.byRuntimeId(id)?.pod;
    return (
      (id === ''
        ? undefined
        : (places.get(`${cluster}|${id}`) ?? places.get(`${cluster}|runtime ${id.slice(0, 12)}`))) ??
      (inside && places.get(`${inside.cluster}|pod ${inside.namespace}/${inside.name}`)) ??
      (pod === '' ? undefined : places.get(`${cluster}|pod ${namespace}/${pod}`))
    );
  };
  const found = new Map<string, Set<ApplicationDraft>>();
  for (const { labels } of all) {
    const application = placeOf(labels);
    if (!application) continue;
    const key = `${context.clusterOf(labels)}\u0000${labels['service_name'] ?? ''}`;
    const set = found.get(key);
    if (set) set.add(application);
    else found.set(key, new Set([application]));
  }
  for (const [key, applications] of found) {
    const [only] = applications;
    if (applications.size === 1) registry.nameService(key.slice(key.indexOf('\u0000') + 1), only!);
  }
}
