import type { Labels, Series } from '@gumshoe/base/series';

/** Added by whoever merges several clusters. */
const CLUSTER = 'cluster';

/** Samples of one or several clusters, and which is whose. */
export interface ClusteredSeries {
  readonly series: readonly Series[];
  /** '' for the only cluster of samples that name none. */
  readonly clusterOf: (labels: Labels) => string;
  /** Sorted; empty when no sample names a cluster. */
  readonly clusters: readonly string[];
}

/**
 * Samples without the label belong to the only cluster there is, when there is just one. Machines that share an id
 * across clusters (cloned images) are told apart by `cluster/machine_id`.
 */
export function separateClusters(series: readonly Series[]): ClusteredSeries {
  const names = new Set<string>();
  const homes = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const { labels } of series) {
    const cluster = labels[CLUSTER] ?? '';
    if (cluster === '' || !isPlaced(labels)) continue;
    names.add(cluster);
    const machine = labels['machine_id'] ?? '';
    if (machine === '') continue;
    const home = homes.get(machine);
    if (home === undefined) homes.set(machine, cluster);
    else if (home !== cluster) ambiguous.add(machine);
  }
  const only = names.size === 1 ? [...names][0]! : '';
  return {
    series: ambiguous.size === 0 ? series : series.map((one) => apart(one, ambiguous)),
    clusterOf: (labels) => {
      const cluster = labels[CLUSTER];
      return cluster !== undefined && names.has(cluster) ? cluster : only;
    },
    clusters: [...names].sort(),
  };
}

/** Some exporters call something else a cluster; series of machines, Kubernetes and spans mean this one. */
const isPlaced = (labels: Labels): boolean =>
  labels['machine_id'] !== undefined ||
  labels['service_name'] !== undefined ||
  (labels['__name__'] ?? '').startsWith('kube_');

function apart(series: Series, ambiguous: ReadonlySet<string>): Series {
  const { machine_id: machine = '', [CLUSTER]: cluster = '' } = series.labels;
  if (cluster === '' || !ambiguous.has(machine)) return series;
  return { ...series, labels: { ...series.labels, machine_id: `${cluster}/${machine}` } };
}
