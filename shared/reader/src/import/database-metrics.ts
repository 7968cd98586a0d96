import type { Labels, Series } from '@gumshoe/base/series';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { MEMCACHED_METRICS } from '@gumshoe/schema/metrics/memcached';
import { MONGODB_METRICS as M } from '@gumshoe/schema/metrics/mongodb';
import { MYSQL_METRICS as Y } from '@gumshoe/schema/metrics/mysql';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { containerElsewhere, podOf, serviceOf } from './foreign-labels.ts';
import { translateReplicaSets } from './mongodb-metrics.ts';
import type { SeriesByName } from './series-by-name.ts';

interface DatabaseRule {
  readonly to: string;
  /** Labels beyond the address. */
  readonly labels?: (labels: Labels) => Labels;
}

/** One kind of server: the port that names it, and what its usual exporter's metrics are here. */
interface DatabaseSource {
  readonly port: number;
  readonly rules: Readonly<Record<string, DatabaseRule>>;
}

const asTheyAre = (metrics: Readonly<Record<string, { readonly name: string }>>) =>
  Object.fromEntries(Object.values(metrics).map(({ name }) => [name, { to: name }]));

const MONGODB_PORT = 27017;

/** redis_exporter and memcached_exporter have the names of the catalogue. */
const SOURCES: readonly DatabaseSource[] = [
  { port: 6379, rules: asTheyAre(REDIS_METRICS) },
  { port: 11211, rules: asTheyAre(MEMCACHED_METRICS) },
  {
    port: 5432,
    rules: {
      pg_up: { to: P.up.name },
      pg_stat_activity_count: {
        to: P.connections.name,
        labels: ({ datname: db = '', usename: user = '', state = '', wait_event_type = '' }) => ({
          db,
          user,
          state,
          wait_event_type,
          query: '',
        }),
      },
      pg_settings_max_connections: {
        to: P.setting.name,
        labels: () => ({ name: 'max_connections', unit: '' }),
      },
    },
  },
  {
    port: 3306,
    rules: {
      mysql_up: { to: Y.up.name },
      mysql_global_status_threads_connected: { to: Y.connectionsCurrent.name },
      mysql_global_variables_max_connections: { to: Y.connectionsMax.name },
      mysql_global_status_connections: { to: Y.connections.name },
      mysql_global_status_aborted_connects: { to: Y.connectionsAborted.name },
      mysql_global_status_queries: { to: Y.queries.name },
      mysql_global_status_slow_queries: { to: Y.slowQueries.name },
      mysql_global_status_bytes_received: { to: Y.trafficReceived.name },
      mysql_global_status_bytes_sent: { to: Y.trafficSent.name },
      mysql_slave_status_seconds_behind_master: { to: Y.replicationLag.name },
      mysql_slave_status_seconds_behind_source: { to: Y.replicationLag.name },
      mysql_slave_status_slave_io_running: { to: Y.replicationIoStatus.name },
      mysql_slave_status_replica_io_running: { to: Y.replicationIoStatus.name },
      mysql_slave_status_slave_sql_running: { to: Y.replicationSqlStatus.name },
      mysql_slave_status_replica_sql_running: { to: Y.replicationSqlStatus.name },
    },
  },
  {
    port: MONGODB_PORT,
    rules: {
      mongodb_up: { to: M.up.name },
      mongodb_version_info: {
        to: M.info.name,
        labels: ({ mongodb: server_version = '' }) => ({ server_version }),
      },
      mongodb_dbstats_dataSize: {
        to: M.databaseSize.name,
        labels: ({ database: db = '' }) => ({ db }),
      },
    },
  },
];

/** Where exporters say which server they speak to. */
const ADDRESSES = ['addr', 'server', 'target'] as const;

/**
 * Databases as their usual exporters measure them. They need an address and an instance that listens there: the server
 * that the exporter names, else the pod or service that its series are labelled with.
 */
export function translateDatabases(given: SeriesByName): readonly Series[] {
  const ips = new Map(
    given
      .peek('kube_pod_info')
      .map(({ labels }) => [`${labels['namespace']}/${labels['pod']}`, labels['pod_ip']]),
  );
  const out: Series[] = [];
  const listening = new Map<string, Series>();
  for (const { port, rules } of SOURCES)
    for (const [name, { to, labels }] of Object.entries(rules)) {
      for (const series of given.take(name)) {
        if (series.labels['address']) continue;
        const place = placeOf(series.labels, port, ips);
        if (!place) continue;
        const { address, container } = place;
        const own = { ...series.labels, ...labels?.(series.labels), address, __name__: to };
        out.push({ ...series, labels: own });
        if (container && !listening.has(address)) listening.set(address, listens(series, container, address));
      }
    }
  const members = translateReplicaSets(given, (labels) => {
    const place = placeOf(labels, MONGODB_PORT, ips);
    return place && { ...labels, address: place.address };
  });
  return [...out, ...members, ...listening.values()];
}

const listens = ({ timestamps }: Series, container: Labels, address: string): Series => ({
  labels: { ...container, listen_addr: address, __name__: C.tcpListen.name },
  timestamps,
  values: new Float64Array(timestamps.length).fill(1),
});

function placeOf(
  labels: Labels,
  port: number,
  ips: ReadonlyMap<string, string | undefined>,
): { readonly address: string; readonly container?: Labels } | undefined {
  for (const name of ADDRESSES) {
    const address = labels[name]?.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
    if (address && /^\d+(\.\d+){3}:\d+$/.test(address)) return { address };
  }
  const container = containerElsewhere(labels);
  const host = podOf(labels) ?? serviceOf(labels);
  // an exporter in a pod of its own is not the server
  if (!host || !container || /exporter/.test(host)) return undefined;
  const ip = ips.get(`${labels['namespace']}/${podOf(labels)}`);
  return { address: `${ip ?? host}:${port}`, container };
}
