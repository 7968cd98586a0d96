import { milliseconds } from '@gumshoe/base/time';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { MEMCACHED_METRICS } from '@gumshoe/schema/metrics/memcached';
import { MONGODB_METRICS } from '@gumshoe/schema/metrics/mongodb';
import { MYSQL_METRICS } from '@gumshoe/schema/metrics/mysql';
import { POSTGRES_MAINTENANCE_METRICS } from '@gumshoe/schema/metrics/postgres-maintenance';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { DatabaseTarget } from '../database-target.ts';
import type { PostgresTarget, RedisTarget } from '../world.ts';
import type { BuildContext } from './context.ts';
import { readTargets, type TargetReader } from './target-reader.ts';

/** Every setting would be a column; the inspections look at their last value. */
const UNCHARTED: ReadonlySet<MetricDefinition> = new Set([P.setting, P.latency, R.commands, R.commandTime]);

const charted = (
  ...groups: readonly Readonly<Record<string, MetricDefinition>>[]
): readonly MetricDefinition[] =>
  groups.flatMap((group) => Object.values(group)).filter((metric) => !UNCHARTED.has(metric));

const POSTGRES = charted(P, POSTGRES_MAINTENANCE_METRICS);
const REDIS = charted(R);
const MYSQL = charted(MYSQL_METRICS);
const MONGODB = charted(MONGODB_METRICS);
const MEMCACHED = charted(MEMCACHED_METRICS);

/** Every metric of the probes that the world holds. */
export const DATABASE_METRICS: readonly MetricDefinition[] = [
  ...POSTGRES,
  ...REDIS,
  ...MYSQL,
  ...MONGODB,
  ...MEMCACHED,
  ...UNCHARTED,
];

/** Counters whose value is a place, not a number of events. */
const POSITIONS: ReadonlySet<MetricDefinition> = new Set([P.walCurrentLsn, P.walReceiveLsn, P.walReplayLsn]);

interface Probe {
  readonly up: MetricDefinition;
  readonly error: MetricDefinition;
  readonly errorLabel: string;
  readonly metrics: readonly MetricDefinition[];
}

function targetOf(read: TargetReader, { up, error, errorLabel, metrics }: Probe): DatabaseTarget {
  const reason = read.error(error, errorLabel);
  return {
    address: read.address,
    ...(read.cluster === '' ? {} : { cluster: read.cluster }),
    up: read.sum(up),
    ...(reason === undefined ? {} : { error: reason }),
    signals: read.signals(metrics, POSITIONS),
    lastSeen: milliseconds(read.lastSeen),
  };
}

export function buildPostgres(context: BuildContext): readonly PostgresTarget[] {
  const probe = { up: P.up, error: P.scrapeError, errorLabel: 'error', metrics: POSTGRES };
  return readTargets(context, 'pg_').map((read) => {
    const settings = settingsOf(read);
    const maxConnections = settings.get('max_connections');
    const reservedConnections = settings.get('superuser_reserved_connections');
    const waits = read.by(P.lockAwaitingQueries, 'blocking_query', 'gauge');
    const queries = read.by(P.topQueryTime, 'query', 'gauge');
    return {
      ...targetOf(read, probe),
      settings,
      latency: read.by(P.latency, 'summary', 'gauge'),
      connections: read.sum(P.connections),
      ...(maxConnections === undefined ? {} : { maxConnections }),
      ...(reservedConnections === undefined ? {} : { reservedConnections }),
      lockWaits: [...waits].map(([blockingQuery, waiting]) => ({ blockingQuery, waiting })),
      topQueries: [...queries].map(([query, time]) => ({ query, time })),
    };
  });
}

const SECONDS_IN: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 };

/** Last value of each setting; times in seconds whatever unit the server uses. */
function settingsOf(read: TargetReader): ReadonlyMap<string, number> {
  const settings = new Map<string, number>();
  for (const { labels, values } of read.series(P.setting))
    settings.set(labels.name ?? '', values.at(-1)! * (SECONDS_IN[labels.unit ?? ''] ?? 1));
  return settings;
}

export function buildRedis(context: BuildContext): readonly RedisTarget[] {
  const probe = { up: R.up, error: R.scrapeError, errorLabel: 'err', metrics: REDIS };
  return readTargets(context, 'redis_').map((read) => {
    const rates = read.by(R.commands, 'cmd', 'counter');
    const times = read.by(R.commandTime, 'cmd', 'counter');
    const running = read.by(R.scriptRunning, 'cmd', 'gauge');
    const empty = () => context.resampler.column();
    return {
      ...targetOf(read, probe),
      commands: [...new Set([...rates.keys(), ...times.keys()])].map((command) => ({
        command,
        rate: rates.get(command) ?? empty(),
        time: times.get(command) ?? empty(),
      })),
      running: [...running].map(([command, seconds]) => ({ command, seconds })),
      blockedClients: read.sum(R.blockedClients),
      memoryUsed: read.sum(R.memoryUsed),
      memoryMax: read.sum(R.memoryMax),
    };
  });
}

export function buildMysql(context: BuildContext): readonly DatabaseTarget[] {
  const { up, scrapeError: error } = MYSQL_METRICS;
  return readTargets(context, 'mysql_').map((read) =>
    targetOf(read, { up, error, errorLabel: 'error', metrics: MYSQL }),
  );
}

export function buildMongodb(context: BuildContext): readonly DatabaseTarget[] {
  const { up, scrapeError: error } = MONGODB_METRICS;
  return readTargets(context, 'mongo_').map((read) =>
    targetOf(read, { up, error, errorLabel: 'error', metrics: MONGODB }),
  );
}

export function buildMemcached(context: BuildContext): readonly DatabaseTarget[] {
  const { up, scrapeError: error } = MEMCACHED_METRICS;
  return readTargets(context, 'memcached_').map((read) =>
    targetOf(read, { up, error, errorLabel: 'error', metrics: MEMCACHED }),
  );
}
