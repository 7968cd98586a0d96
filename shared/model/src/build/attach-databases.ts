import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import type { DatabaseTarget } from '../database-target.ts';
import type { InstanceId } from '../entities.ts';
import type { Application, Dependency, PostgresTarget } from '../world.ts';
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

/** Probed servers of one application. */
export type Databases = Pick<Application, 'postgres' | 'redis' | 'mysql' | 'mongodb' | 'memcached'>;

const NONE: Databases = { postgres: [], redis: [], mysql: [], mongodb: [], memcached: [] };

/** Probed servers on whose address nobody listens that is observed. */
export class OutsideDatabases {
  readonly #byAddress = new Map<string, Databases>();

  add<K extends keyof Databases>(kind: K, target: Databases[K][number]): void {
    const key = `${target.cluster ?? ''}|${target.address}`;
    const known = this.#byAddress.get(key) ?? NONE;
    this.#byAddress.set(key, { ...known, [kind]: [...known[kind], target] });
  }

  /** Those that the clients of an application outside speak to. */
  behind(downstreams: readonly Dependency[], cluster: string): Databases {
    if (this.#byAddress.size === 0) return NONE;
    const links = downstreams.flatMap((dependency) => dependency.links);
    const addresses = new Set(links.flatMap((link) => [link.destination, link.actualDestination]));
    const found = [...addresses]
      .sort()
      .flatMap((address) => this.#byAddress.get(`${cluster}|${address}`) ?? []);
    return {
      postgres: found.flatMap(({ postgres }) => postgres),
      redis: found.flatMap(({ redis }) => redis),
      mysql: found.flatMap(({ mysql }) => mysql),
      mongodb: found.flatMap(({ mongodb }) => mongodb),
      memcached: found.flatMap(({ memcached }) => memcached),
    };
  }
}

/** Gives every probed server to the application whose instance listens on its address, and the rest back. */
export function attachDatabases(
  building: Building,
  ownerOf: (address: string, cluster: string) => InstanceDraft | undefined,
  nameInstance: (instance: InstanceDraft) => InstanceId,
): OutsideDatabases {
  const { context } = building;
  const outside = new OutsideDatabases();
  const place = <K extends keyof Databases, T extends Databases[K][number]>(
    kind: K,
    targets: readonly T[],
  ): readonly Placed<T>[] =>
    targets.flatMap((target) => {
      const draft = ownerOf(target.address, target.cluster ?? '');
      if (draft) return [{ target: { ...target, instance: nameInstance(draft) }, draft }];
      outside.add(kind, target);
      return [];
    });
  attachPostgres(building, place('postgres', buildPostgres(context)));
  for (const { target, draft } of place('redis', buildRedis(context))) draft.application.redis.push(target);
  for (const { target, draft } of place('mysql', buildMysql(context))) draft.application.mysql.push(target);
  for (const { target, draft } of place('memcached', buildMemcached(context)))
    draft.application.memcached.push(target);
  const members = place('mongodb', buildMongodb(context)).map(({ target, draft }) => ({
    target,
    draft,
    application: draft.application.id,
  }));
  for (const member of members)
    member.draft.application.mongodb.push(memberOf(member, members, context.interval));
  attachBackups(building);
  return outside;
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
  if (backups.length === 0) return;
  const byName = new Map<string, ApplicationDraft>();
  const key = (home: string, namespace: string, name: string) => JSON.stringify([home, namespace, name]);
  for (const application of registry.applications.values()) {
    const { identity, namespace } = application;
    byName.set(key(identity.cluster, namespace, identity.application), application);
    if (application.postgres.length === 0) continue;
    for (const { name } of application.instances.values()) {
      const pods = key(identity.cluster, namespace, name.replace(/-\d+$/, ''));
      if (!byName.has(pods)) byName.set(pods, application);
    }
  }
  for (const { home, backups: one } of backups) {
    const application = byName.get(key(home, one.namespace, one.cluster));
    if (application) application.postgresBackups = one;
  }
}
