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
