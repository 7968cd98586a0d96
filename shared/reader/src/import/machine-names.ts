import type { Labels, Series } from '@gumshoe/base/series';
import type { SeriesByName } from './series-by-name.ts';

/** Names of machines by the addresses and short names under which their agents are scraped. */
export function machineNames(given: SeriesByName): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { labels } of given.peek('node_uname_info')) {
    const { instance, nodename } = labels;
    if (instance && nodename) names.set(instance.replace(/:\d+$/, ''), nodename);
  }
  for (const { labels } of given.peek('kube_node_info')) {
    const { node, internal_ip: address } = labels;
    if (node && address) names.set(address, node);
  }
  return names;
}

/**
 * Series with the names of their machines. What kube-state-metrics says of a container names none: it is where others
 * measured the container last, else where its pod is.
 */
export function withMachines(
  series: readonly Series[],
  names: ReadonlyMap<string, string>,
  given: SeriesByName,
): readonly Series[] {
  const nameOf = (labels: Labels): string | undefined =>
    names.get(labels['machine_id'] ?? '') ?? labels['machine_id'];
  const homes = new Map<string, { readonly machine: string; readonly seen: number }>();
  for (const { labels, timestamps } of series) {
    const { container_id: id = '' } = labels;
    const machine = nameOf(labels) ?? '';
    const seen = timestamps.at(-1) ?? 0;
    if (id === '' || machine === '') continue;
    const known = homes.get(id);
    if (!known || seen > known.seen || (seen === known.seen && machine > known.machine))
      homes.set(id, { machine, seen });
  }
  const pods = new Map(
    given
      .peek('kube_pod_info')
      .map(({ labels }) => [`/k8s/${labels['namespace']}/${labels['pod']}/`, labels['node'] ?? '']),
  );
  const homeOf = (id: string): string | undefined =>
    homes.get(id)?.machine ?? pods.get(id.replace(/[^/]+$/, ''));
  return series.map((one) => {
    const { container_id: id, machine_id: own } = one.labels;
    const machine = own === '' && id ? homeOf(id) : nameOf(one.labels);
    return machine === undefined || machine === own
      ? one
      : { ...one, labels: { ...one.labels, machine_id: machine } };
  });
}
