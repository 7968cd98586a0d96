import type { Dependency, ImageChange } from '../world.ts';

/** What tells the type of an application. */
export interface TypeSigns {
  /** Recognised software of its processes. */
  readonly types: ReadonlySet<string>;
  /** Protocols that it serves, and what clients' spans call it. */
  readonly serves: ReadonlySet<string>;
  /** Databases that are probed at its addresses. */
  readonly probed: readonly string[];
  readonly images: readonly ImageChange[];
}

/** Where several programs run in one container: databases, queues, other servers, languages, sidecars. */
const ORDER = [
  ...['postgres', 'mysql', 'mongodb', 'mongos', 'redis', 'valkey', 'keydb', 'dragonfly', 'memcached'],
  ...[
    'clickhouse',
    'cassandra',
    'elasticsearch',
    'opensearch',
    'mssql',
    'cockroach',
    'couchbase',
    'aerospike',
  ],
  ...[
    'foundationdb',
    'influxdb',
    'victoria-metrics',
    'victoria-logs',
    'prometheus',
    'etcd',
    'zookeeper',
    'consul',
  ],
  ...['kafka', 'rabbitmq', 'nats'],
  ...['redis-sentinel', 'pgbouncer', 'proxysql', 'haproxy', 'traefik', 'httpd', 'tomcat', 'ceph', 'ollama'],
  ...['java', 'dotnet', 'golang', 'rust', 'nodejs', 'python', 'ruby', 'php'],
  ...['nginx', 'envoy', 'vault'],
];
const RANK = new Map(ORDER.map((type, i) => [type, i]));

/** Software by the protocol it speaks; HTTP tells nothing. The first that is spoken counts. */
const BY_PROTOCOL: Readonly<Record<string, string>> = {
  postgres: 'postgres',
  redis: 'redis',
  mysql: 'mysql',
  memcached: 'memcached',
  mongodb: 'mongodb',
  kafka: 'kafka',
  cassandra: 'cassandra',
  nats: 'nats',
  amqp: 'rabbitmq',
  clickhouse: 'clickhouse',
  zookeeper: 'zookeeper',
  foundationdb: 'foundationdb',
  // in spans only
  elasticsearch: 'elasticsearch',
  opensearch: 'opensearch',
  mssql: 'mssql',
  'microsoft.sql_server': 'mssql',
  cockroachdb: 'cockroach',
  couchbase: 'couchbase',
  influxdb: 'influxdb',
};

/** Software by the last part of an image's name. */
const IMAGES: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/^(postgres|postgresql|spilo.*|crunchy-postgres.*|timescaledb.*|postgis)$/, 'postgres'],
  [/^(mysql|mysql-server|mariadb|mariadb-galera|percona-xtradb-cluster|percona-server)$/, 'mysql'],
  [/^(mongo|mongodb|percona-server-mongodb|mongodb-community-server)$/, 'mongodb'],
  [/^(redis|redis-stack-server|redis-cluster)$/, 'redis'],
  [
    /^(valkey|keydb|dragonfly|memcached|cassandra|elasticsearch|opensearch|rabbitmq|nats|etcd|vault|envoy)$/,
    '',
  ],
  [/^(kafka|cp-kafka|redpanda)$/, 'kafka'],
  [/^(clickhouse|clickhouse-server)$/, 'clickhouse'],
  [/^(zookeeper|cp-zookeeper)$/, 'zookeeper'],
  [/^(nginx|nginx-unprivileged|openresty|haproxy|traefik|httpd|tomcat|prometheus|consul|influxdb)$/, ''],
];

/** nginx, nodejs, postgres … by processes, probes, protocols and images, in this order; undefined when nothing tells. */
export function applicationType({ types, serves, probed, images }: TypeSigns): string | undefined {
  const running = [...types].sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))[0];
  const [database] = probed;
  const told = Object.entries(BY_PROTOCOL).find(([spoken]) => serves.has(spoken))?.[1];
  if (running !== undefined && (rankOf(running) < rankOf('java') || (!database && !told))) return running;
  return database ?? told ?? running ?? images.map(({ image }) => typeOfImage(image)).find(Boolean);
}

const rankOf = (type: string): number => RANK.get(type) ?? ORDER.length;

function typeOfImage(image: string): string | undefined {
  const name = (image.split('/').at(-1) ?? '').replace(/[:@].*$/, '').toLowerCase();
  const found = IMAGES.find(([pattern]) => pattern.test(name));
  return found && (found[1] || (name === 'nginx-unprivileged' || name === 'openresty' ? 'nginx' : name));
}

/** Protocols in which others speak to it. */
export const spokenTo = (downstreams: readonly Dependency[]): ReadonlySet<string> =>
  new Set(
    downstreams.flatMap(({ requests, spoken }) => [...requests.map(({ protocol }) => protocol), ...spoken]),
  );
