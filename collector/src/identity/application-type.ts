/** Program names (of the executable, or of the first script argument) by the software they are. */
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
  mongod: 'mongodb',
  mongos: 'mongos',
  nginx: 'nginx',
  haproxy: 'haproxy',
  envoy: 'envoy',
  httpd: 'httpd',
  apache2: 'httpd',
  traefik: 'traefik',
  'beam.smp': 'rabbitmq',
  'nats-server': 'nats',
  etcd: 'etcd',
  clickhouse: 'clickhouse',
  'clickhouse-server': 'clickhouse',
  prometheus: 'prometheus',
  dockerd: 'dockerd',
  kubelet: 'kubelet',
  'kube-apiserver': 'kube-apiserver',
  consul: 'consul',
  vault: 'vault',
  pgbouncer: 'pgbouncer',
  proxysql: 'proxysql',
  cockroach: 'cockroach',
  influxd: 'influxdb',
  java: 'java',
  node: 'nodejs',
  nodejs: 'nodejs',
  dotnet: 'dotnet',
  ruby: 'ruby',
  php: 'php',
  'php-fpm': 'php',
};

/** Recognised software of a command line (arguments separated by NUL); undefined when unknown. */
export function applicationType(cmdline: string): string | undefined {
  const words = cmdline.split('\0');
  // some programs rewrite their title: "postgres: walwriter", "nginx: master process"
  const title = (words[0] ?? '').split(':')[0] ?? '';
  const program = (title.trim().split(' ')[0] ?? '').split('/').at(-1) ?? '';
  if (/^python[\d.]*$/.test(program) || program === 'uwsgi' || program === 'gunicorn') return 'python';
  if (program === 'java') return javaServer(cmdline) ?? 'java';
  return PROGRAMS[program] ?? (program.startsWith('php-fpm') ? 'php' : undefined);
}

function javaServer(cmdline: string): string | undefined {
  if (cmdline.includes('kafka.Kafka')) return 'kafka';
  if (cmdline.includes('org.apache.zookeeper')) return 'zookeeper';
  if (cmdline.includes('org.elasticsearch')) return 'elasticsearch';
  if (cmdline.includes('org.opensearch')) return 'opensearch';
  if (cmdline.includes('CassandraDaemon')) return 'cassandra';
  return cmdline.includes('org.apache.catalina') ? 'tomcat' : undefined;
}
