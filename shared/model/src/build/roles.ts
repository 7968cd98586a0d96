import type { Series } from '@gumshoe/base/series';
import { MONGODB_METRICS as M } from '@gumshoe/schema/metrics/mongodb';
import { MYSQL_METRICS as Y } from '@gumshoe/schema/metrics/mysql';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { Building } from './context.ts';
import { roleNamed } from './database-clusters.ts';
import type { InstanceDraft } from './drafts.ts';

/** What a series with samples above zero says of the role of its server; undefined when it says nothing. */
const WITNESSES: readonly (readonly [
  metric: { readonly name: string },
  role: (series: Series) => string | undefined,
])[] = [
  [P.walCurrentLsn, () => 'primary'],
  [P.walReceiveLsn, () => 'replica'],
  [P.walReplayLsn, () => 'replica'],
  [R.info, ({ labels }) => roleNamed(labels['role'])],
  [M.replicaSetStatus, ({ labels }) => roleNamed(labels['role'])],
  [Y.replicationIoStatus, () => 'replica'],
];

/** Roles as the probes of databases see them; the newest sample wins over older ones, and over labels of pods. */
export function findRoles(
  { context }: Building,
  ownerOf: (address: string, cluster: string) => InstanceDraft | undefined,
): void {
  const seen = new Map<InstanceDraft, number>();
  for (const [metric, roleOf] of WITNESSES) {
    for (const series of context.named(metric)) {
      const { address = '' } = series.labels;
      const role = series.values.at(-1)! > 0 ? roleOf(series) : undefined;
      const instance = role === undefined ? undefined : ownerOf(address, context.clusterOf(series.labels));
      const at = series.timestamps.at(-1)!;
      if (instance === undefined || at <= (seen.get(instance) ?? -Infinity)) continue;
      seen.set(instance, at);
      instance.role = role;
    }
  }
}
