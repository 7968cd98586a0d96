/** Program names (of the executable, or of its title) by the software they are. */
const PROGRAMS: Readonly<Record<string, string>> = {
  postgres: 'postgres',
  postmaster: 'postgres',
  'redis-server': 'redis',
  'redis-sentinel': 'redis-sentinel',
  'valkey-server': 'valkey',
  'keydb-server': 'keydb',
  dragonfly: 'dragonfly',
  memcached: 'memcached',
  mysqld: 'mysql',
  mariadbd: 'mysql',
  sqlservr: 'mssql',
  mongod: 'mongodb',
  mongos: 'mongos',
  nginx: 'nginx',
  haproxy: 'haproxy',
  envoy: 'envoy',
  httpd: 'httpd',
  apache2: 'httpd',
  traefik: 'traefik',
  'nats-server': 'nats',
  etcd: 'etcd',
  clickhouse: 'clickhouse',
  'clickhouse-server': 'clickhouse',
  'clickhouse-keeper': 'clickhouse',
  prometheus: 'prometheus',
  'victoria-metrics': 'victoria-metrics',
  'victoria-metrics-prod': 'victoria-metrics',
  vmstorage: 'victoria-metrics',
  vmselect: 'victoria-metrics',
  vminsert: 'victoria-metrics',
  vmagent: 'victoria-metrics',
  vmalert: 'victoria-metrics',
  'victoria-logs': 'victoria-logs',
  'victoria-logs-prod': 'victoria-logs',
  dockerd: 'dockerd',
  kubelet: 'kubelet',
  'kube-apiserver': 'kube-apiserver',
  'kube-controller-manager': 'kube-controller-manager',
  'kube-scheduler': 'kube-scheduler',
  k3s: 'k3s',
  'k3s-server': 'k3s',
  'k3s-agent': 'k3s',
  consul: 'consul',
  vault: 'vault',
  pgbouncer: 'pgbouncer',
  proxysql: 'proxysql',
  cockroach: 'cockroach',
  asd: 'aerospike',
  influxd: 'influxdb',
  influxdb: 'influxdb',
  'ceph-osd': 'ceph',
  'ceph-mon': 'ceph',
  'ceph-mgr': 'ceph',
  'ceph-mds': 'ceph',
  radosgw: 'ceph',
  rook: 'rook',
  fdbserver: 'foundationdb',
  ollama: 'ollama',
  'gumshoe-collector': 'gumshoe-collector',
  'gumshoe-cluster-agent': 'gumshoe-cluster-agent',
  'coroot-node-agent': 'coroot-node-agent',
  'coroot-cluster-agent': 'coroot-cluster-agent',
  coroot: 'coroot',
  java: 'java',
  node: 'nodejs',
  nodejs: 'nodejs',
  dotnet: 'dotnet',
  'w3wp.exe': 'dotnet',
  ruby: 'ruby',
  puma: 'ruby',
  unicorn: 'ruby',
  php: 'php',
  'php-fpm': 'php',
};

/** Servers of the Java machine by something in their command line that nothing else has. */
const JAVA_SERVERS: readonly (readonly [part: string, type: string])[] = [
  ['kafka.Kafka', 'kafka'],
  ['org.apache.zookeeper', 'zookeeper'],
  ['org.elasticsearch', 'elasticsearch'],
  ['org.opensearch', 'opensearch'],
  ['CassandraDaemon', 'cassandra'],
  ['org.apache.catalina', 'tomcat'],
];

/** Servers of the Erlang machine likewise. */
const ERLANG_SERVERS: readonly (readonly [part: string, type: string])[] = [
  ['rabbit', 'rabbitmq'],
  ['couchdb', 'couchdb'],
  ['couchbase', 'couchbase'],
  ['ns_server', 'couchbase'],
];

/** Recognised software of a command line (arguments separated by NUL); undefined when unknown. */
export function applicationType(cmdline: string): string | undefined {
  const words = cmdline.split('\0');
  // some programs rewrite their title: "postgres: walwriter", "nginx: master process"
  const title = (words[0] ?? '').split(':')[0] ?? '';
  const program = ((title.trim().split(' ')[0] ?? '').split('/').at(-1) ?? '').replace(/^-/, '');
  if (/^python[\d.]*$/.test(program) || program === 'uwsgi' || program === 'gunicorn') return 'python';
  if (program === 'java') return serverIn(cmdline, JAVA_SERVERS) ?? 'java';
  if (program === 'beam.smp') return serverIn(cmdline, ERLANG_SERVERS);
  if (/^ruby[\d.]+$/.test(program)) return 'ruby';
  if (/^php(-fpm)?[\d.]*$/.test(program)) return 'php';
  return PROGRAMS[program];
}

const serverIn = (
  cmdline: string,
  servers: readonly (readonly [part: string, type: string])[],
): string | undefined => servers.find(([part]) => cmdline.includes(part))?.[1];
