import type { Labels, Series } from '@gumshoe/base/series';
import { CLOUD_METRICS } from '@gumshoe/schema/metrics/cloud';
import type { SeriesByName } from './series-by-name.ts';

/** Where a node is: `aws:///us-east-1a/i-0abc`, `gce://project/us-central1-a/name`, `azure:///subscriptions/…`. */
const PROVIDERS: readonly (readonly [id: RegExp, provider: string])[] = [
  [/^aws:\/\/\/([^/]+)\//, 'aws'],
  [/^gce:\/\/[^/]+\/([^/]+)\//, 'gcp'],
  [/^azure:\/\//, 'azure'],
];
/** Labels of nodes as kube-state-metrics writes them: Kubernetes' own, and who says that the cloud may take a node away. */
const TYPE = ['label_node_kubernetes_io_instance_type', 'label_beta_kubernetes_io_instance_type'];
const ZONE = ['label_topology_kubernetes_io_zone', 'label_failure_domain_beta_kubernetes_io_zone'];
const REGION = ['label_topology_kubernetes_io_region', 'label_failure_domain_beta_kubernetes_io_region'];
const SPOT = [
  'label_karpenter_sh_capacity_type',
  'label_eks_amazonaws_com_capacity_type',
  'label_eks_amazonaws_com_capacitytype',
  'label_cloud_google_com_gke_spot',
  'label_cloud_google_com_gke_preemptible',
  'label_kubernetes_azure_com_scalesetpriority',
];

const first = (labels: Labels, names: readonly string[]): string =>
  names.map((name) => labels[name]).find(Boolean) ?? '';

const lifeCycleOf = (own: Labels | undefined): string =>
  own === undefined ? '' : SPOT.some((name) => /^(spot|true)$/i.test(own[name] ?? '')) ? 'spot' : 'on-demand';

/** What the cloud says of machines, as Kubernetes passes it on. */
export function translateClouds(given: SeriesByName): readonly Series[] {
  if (given.has(CLOUD_METRICS.info.name)) return [];
  const described = new Map(given.take('kube_node_labels').map(({ labels }) => [labels['node'], labels]));
  return given.peek('kube_node_info').flatMap((series) => {
    const { node = '', provider_id: id = '' } = series.labels;
    const own = described.get(node) ?? {};
    const [pattern, provider = ''] = PROVIDERS.find(([one]) => one.test(id)) ?? [];
    if (node === '' || provider === '') return [];
    const zone = first(own, ZONE) || (pattern?.exec(id)?.[1] ?? '');
    const labels = {
      machine_id: node,
      provider,
      instance_type: first(own, TYPE),
      instance_life_cycle: lifeCycleOf(described.get(node)),
      region: first(own, REGION),
      availability_zone: zone,
      __name__: CLOUD_METRICS.info.name,
    };
    return [{ ...series, labels, values: series.values.map(() => 1) }];
  });
}
