import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import type { DatabaseTarget } from '../database-target.ts';
import type { InstanceId } from '../entities.ts';
import type { PostgresTarget } from '../world.ts';
import type { Building } from './context.ts';
import { buildMemcached, buildMongodb, buildMysql, buildPostgres, buildRedis } from './databases.ts';
import type { ApplicationDraft, InstanceDraft } from './drafts.ts';
import { memberOf } from './mongodb-replication.ts';
import { buildBackups } from './postgres-backups.ts';
import { replicationOf } from './postgres-replication.ts';

interface Placed<T extends DatabaseTarget> {
  readonly target: T;
  readonly draft: InstanceDraft;
}

/** Gives every probed server to the application whose instance listens on its address. */
export function attachDatabases(
  building: Building,
  ownerOf: (address: string, cluster: string) => InstanceDraft | undefined,
  nameInstance: (instance: InstanceDraft) => InstanceId,
): void {
  const { context } = building;
  const place = <T extends DatabaseTarget>(targets: readonly T[]): readonly Placed<T>[] =>
    targets.flatMap((target) => {
      const draft = ownerOf(target.address, target.cluster ?? '');
      return draft ? [{ target: { ...target, instance: nameInstance(draft) }, draft }] : [];
    });
  attachPostgres(building, place(buildPostgres(context)));
  for (const { target, draft } of place(buildRedis(context))) draft.application.redis.push(target);
  for (const { target, draft } of place(buildMysql(context))) draft.application.mysql.push(target);
  for (const { target, draft } of place(buildMemcached(context))) draft.application.memcached.push(target);
  const members = place(buildMongodb(context)).map(({ target, draft }) => ({
    target,
    draft,
    application: draft.application.id,
  }));
  for (const member of members)
    member.draft.application.mongodb.push(memberOf(member, members, context.interval));
  attachBackups(building);
}

function attachPostgres({ context }: Building, placed: readonly Placed<PostgresTarget>[]): void {
  const peers = placed.map(({ target, draft }) => ({
    target,
    draft,
    application: draft.application.id,
    names: [draft.name, draft.application.identity.application],
  }));
  const replicas = peers.some(({ target }) => target.signals.has(P.walReplayLsn.name));
  for (const peer of peers) {
    const replication = replicas ? replicationOf(peer, peers, context.grid, context.interval) : undefined;
    peer.draft.application.postgres.push(replication ? { ...peer.target, replication } : peer.target);
  }
}

/** The cluster of an operator is the application of that name, or the one whose instances begin with it. */
function attachBackups({ context, registry }: Building): void {
  const backups = buildBackups(context);
  if (backups.size === 0) return;
  const byName = new Map<string, ApplicationDraft>();
  for (const application of registry.applications.values()) {
    byName.set(`${application.namespace}/${application.identity.application}`, application);
    if (application.postgres.length === 0) continue;
    for (const { name } of application.instances.values()) {
      const key = `${application.namespace}/${name.replace(/-\d+$/, '')}`;
      if (!byName.has(key)) byName.set(key, application);
    }
  }
  for (const [key, one] of backups) {
    const application = byName.get(key);
    if (application) application.postgresBackups = one;
  }
}
