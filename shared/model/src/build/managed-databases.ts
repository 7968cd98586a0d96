import type { Series } from '@gumshoe/base/series';
import { AWS_METRICS as A } from '@gumshoe/schema/metrics/aws';
import type { ApplicationKind } from '../entities.ts';
import type { Building } from './context.ts';
import type { InstanceDraft } from './drafts.ts';
import type { ListenIndex } from './listen-index.ts';
import { mergeInstants } from './presence.ts';

/** A database that a cloud runs, where it answers. */
export interface ManagedDatabase {
  readonly instance: InstanceDraft;
  readonly cluster: string;
  readonly address: string;
  /** Host name, lower case; '' when unknown. */
  readonly endpoint: string;
}

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/postgres/, 'postgres'],
  [/mysql|mariadb/, 'mysql'],
  [/redis/, 'redis'],
  [/valkey/, 'valkey'],
  [/memcached/, 'memcached'],
];

/** RDS and ElastiCache as the cluster agent finds them: an application per cluster, else per instance. */
export function buildManagedDatabases(building: Building): readonly ManagedDatabase[] {
  const { context } = building;
  const statuses = new Map<string, boolean>();
  for (const metric of [A.rdsStatus, A.elastiCacheStatus])
    for (const { labels, values } of context.named(metric))
      if (values.at(-1)! > 0) statuses.set(idOf(labels), labels['status'] === 'available');
  const build = (metric: { readonly name: string }, kind: ApplicationKind): readonly ManagedDatabase[] => {
    const all = context.named(metric);
    const source = mergeInstants(all.map(({ timestamps }) => timestamps));
    return all.map((series) => buildOne(building, series, kind, source, statuses));
  };
  return [...build(A.rdsInfo, 'RDS'), ...build(A.elastiCacheInfo, 'ElasticacheCluster')];
}

const idOf = (labels: Series['labels']): string =>
  labels['rds_instance_id'] ?? labels['ec_instance_id'] ?? '';

function buildOne(
  { context, registry }: Building,
  { labels, timestamps }: Series,
  kind: ApplicationKind,
  source: Float64Array,
  statuses: ReadonlyMap<string, boolean>,
): ManagedDatabase {
  const id = idOf(labels);
  const name = id.split('/').at(-1) ?? id;
  const cluster = context.clusterOf(labels);
  const type = TYPES.find(([pattern]) => pattern.test(labels['engine'] ?? ''))?.[1];
  const instance = registry.instanceOf(
    {
      namespace: '_',
      kind,
      application: labels['cluster_id'] || name,
      instance: name,
      hostBound: false,
      cluster,
      ...(type === undefined ? {} : { type }),
      ...(labels['source_instance_id'] ? { role: 'replica' } : {}),
    },
    '',
  );
  instance.seen.push(timestamps);
  instance.reported = { source, up: statuses.get(id) ?? true };
  const host = labels['ipv4'] ?? '';
  const address = host === '' ? '' : `${host}:${labels['port'] ?? ''}`;
  if (address !== '') instance.addresses.set(address, timestamps[0]!);
  return { instance, cluster, address, endpoint: (labels['endpoint'] ?? '').toLowerCase() };
}

export function addManaged(index: ListenIndex<InstanceDraft>, databases: readonly ManagedDatabase[]): void {
  for (const { instance, cluster, address } of databases)
    if (address !== '')
      index.add(address, {
        subject: instance,
        place: { cluster, node: '', netns: '' },
        from: -Infinity,
        to: Infinity,
      });
}
