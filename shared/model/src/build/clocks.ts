import type { Labels, Series } from '@gumshoe/base/series';
import { CERTIFICATE_METRICS } from '@gumshoe/schema/metrics/certificates';
import { CLOCK_METRICS as K } from '@gumshoe/schema/metrics/clock';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { KUBERNETES_METRICS } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import type { CertificateColumns, ClockColumns, ScrapedColumn } from '../world.ts';
import { endOfTtl } from './certificates.ts';
import type { BuildContext } from './context.ts';
import { endpointIn } from './scraped.ts';

export const CLOCK_SERIES: readonly MetricDefinition[] = Object.values(K);

/** How far the clock is off, best source first: what follows a reference knows it better than the kernel's loop. */
const OFFSETS = [K.chronyOffset, K.chronyLastOffset, K.ntpOffset, K.timexOffset];

/** What exporters on a machine say of it, by machine id: its clock, and the certificates of its kubelet. */
export interface NodeExtras {
  readonly clock?: ClockColumns;
  readonly certificates: readonly CertificateColumns[];
}

export function nodeExtras(
  context: BuildContext,
  hostnames: ReadonlyMap<string, string>,
): (node: string) => NodeExtras {
  const wanted = [...CLOCK_SERIES, CERTIFICATE_METRICS.kubeletClient, CERTIFICATE_METRICS.kubeletServer];
  if (!wanted.some((metric) => context.named(metric).length > 0)) return () => ({ certificates: [] });
  const machineOf = machines(context, hostnames);
  const byMetric = new Map(
    wanted.map((metric) => [metric, Map.groupBy(context.named(metric), ({ labels }) => machineOf(labels))]),
  );
  const of = (metric: MetricDefinition, node: string): readonly Series[] =>
    byMetric.get(metric)?.get(node) ?? [];
  const first = (metric: MetricDefinition, node: string): ScrapedColumn | undefined => {
    const [series] = of(metric, node);
    return series && { metric: metric.name, labels: series.labels, values: context.gauge(series).slice() };
  };
  return (node) => {
    const offset = OFFSETS.map((metric) => first(metric, node)).find((found) => found !== undefined);
    const synchronised = first(K.timexSync, node);
    const maxError = first(K.timexMaxError, node);
    const clock = {
      ...(offset ? { offset } : {}),
      ...(synchronised ? { synchronised } : {}),
      ...(maxError ? { maxError } : {}),
    };
    const certificates = [CERTIFICATE_METRICS.kubeletClient, CERTIFICATE_METRICS.kubeletServer].flatMap(
      (metric) =>
        of(metric, node).map((series) => ({
          name: `kubelet of ${hostnames.get(node) ?? node}`,
          metric: metric.name,
          labels: series.labels,
          expires: endOfTtl(context, series),
        })),
    );
    return { ...(Object.keys(clock).length > 0 ? { clock } : {}), certificates };
  };
}

/** The machine of a scraped series: named outright, by its host name, or by an address of it. */
function machines(
  context: BuildContext,
  hostnames: ReadonlyMap<string, string>,
): (labels: Labels) => string | undefined {
  const known = new Map<string, string>();
  for (const [id, hostname] of hostnames) known.set(hostname, id).set(hostname.split('.')[0]!, id);
  for (const { labels } of context.named(NODE_METRICS.netInterfaceIp)) {
    const { machine_id: id, ip } = labels;
    if (id && ip) known.set(ip, id);
  }
  for (const { labels } of context.named(KUBERNETES_METRICS.nodeInfo)) {
    const { node = '', internal_ip: ip } = labels;
    const id = known.get(node);
    if (id && ip) known.set(ip, id);
  }
  for (const { labels } of context.named(K.uname)) {
    const id = known.get(labels['nodename'] ?? '');
    const { host } = endpointIn(labels['instance'] ?? '');
    if (id && host !== '') known.set(host, id);
  }
  return ({ machine_id: id, node = '', nodename = '', instance = '' }) =>
    id ?? known.get(node) ?? known.get(nodename) ?? known.get(endpointIn(instance).host);
}
