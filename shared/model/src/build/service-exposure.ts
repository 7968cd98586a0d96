import type { Series } from '@gumshoe/base/series';
import { gridTime } from '@gumshoe/base/time';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import type { ServiceExposure } from '../world.ts';
import type { BuildContext } from './context.ts';

type Type = ServiceExposure['type'];

const isExposing = (type: string | undefined): type is Type => type === 'NodePort' || type === 'LoadBalancer';

/** What services open to the outside of their cluster as their newest samples say, by `cluster|namespace|name`. */
export function exposuresOf(context: BuildContext): ReadonlyMap<string, ServiceExposure> {
  const end = gridTime(context.grid, context.grid.points - 1);
  const current = (series: Series): boolean =>
    (series.timestamps.at(-1) ?? 0) >= end - 2 * context.stalenessOf(series);
  const keyOf = ({ labels }: Series): string =>
    `${context.clusterOf(labels)}|${labels['namespace'] ?? ''}|${labels['service'] ?? ''}`;
  const gather = (metric: { readonly name: string }, values: (series: Series) => readonly string[]) => {
    const found = new Map<string, Set<string>>();
    for (const series of context.named(metric).filter(current)) {
      const key = keyOf(series);
      for (const value of values(series).filter((one) => one !== '')) {
        const known = found.get(key);
        if (known) known.add(value);
        else found.set(key, new Set([value]));
      }
    }
    return found;
  };
  const ports = gather(K.servicePort, ({ labels: { node_port: port = '' } }) => (port === '0' ? [] : [port]));
  const ingress = gather(K.serviceIngress, ({ labels: { ip = '', hostname = '' } }) => [ip, hostname]);
  const further = gather(K.serviceExternalIp, ({ labels: { external_ip: ip = '' } }) => [ip]);
  const out = new Map<string, ServiceExposure>();
  for (const series of context.named(K.serviceType).filter(current)) {
    const { type, namespace = '', service = '' } = series.labels;
    if (!isExposing(type)) continue;
    const key = keyOf(series);
    const all = (found: ReadonlyMap<string, ReadonlySet<string>>) => [...(found.get(key) ?? [])];
    out.set(key, {
      service: `${namespace}/${service}`,
      type,
      nodePorts: all(ports).sort(),
      addresses: [...all(ingress), ...all(further)].sort(),
    });
  }
  return out;
}
