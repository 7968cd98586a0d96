import type { Labels, Series } from '@gumshoe/base/series';
import type { Span } from '@gumshoe/engine/ports';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';

/** Where services run as the resources of their spans say, over the instants at which the spans were counted. */
export function servicePlaces(
  spans: readonly Span[],
  timestamps: Float64Array | undefined,
): readonly Series[] {
  if (timestamps === undefined) return [];
  const places = new Map<string, Labels>();
  for (const { serviceName, containerId } of spans)
    if (containerId !== '')
      places.set(`${serviceName}\u0000${containerId}`, labelsOf(serviceName, containerId));
  return [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, labels]) => ({ labels, timestamps, values: new Float64Array(timestamps.length).fill(1) }));
}

function labelsOf(service: string, container: string): Labels {
  const [, scheme, namespace = '', pod = ''] = container.split('/');
  return {
    __name__: TRACE_METRICS.serviceInfo.name,
    service_name: service,
    container_id: container,
    ...(scheme === 'k8s' && pod !== '' ? { k8s_namespace_name: namespace, k8s_pod_name: pod } : {}),
  };
}
