import type { Labels } from '@gumshoe/base/series';

/** A database of several pods, as the labels of one of them tell. */
export interface DatabaseMember {
  readonly cluster: string;
  readonly type: string;
  /** primary, replica, arbiter, router …; undefined when labels do not say. */
  readonly role?: string;
}

const label = (labels: Labels, name: string): string => labels[`label_${name}`] ?? '';

const ROLES: Readonly<Record<string, string>> = {
  master: 'primary',
  primary: 'primary',
  leader: 'primary',
  'standby-leader': 'primary',
  standby_leader: 'primary',
  slave: 'replica',
  replica: 'replica',
  secondary: 'replica',
  standby: 'replica',
  'sync-standby': 'replica',
  sync_standby: 'replica',
  arbiter: 'arbiter',
  mongos: 'router',
  cfg: 'config',
  configsvr: 'config',
};

/** One word for what each database calls its roles; undefined for words that are no role. */
export const roleNamed = (text: string | undefined): string | undefined => ROLES[text?.toLowerCase() ?? ''];

function member(cluster: string, type: string, role: string): DatabaseMember | undefined {
  const known = roleNamed(role);
  return cluster === '' ? undefined : { cluster, type, ...(known === undefined ? {} : { role: known }) };
}

type Rule = (labels: Labels) => DatabaseMember | undefined;

const crunchy: Rule = (labels) => {
  const role = label(labels, 'postgres_operator_crunchydata_com_role');
  if (/^(pgbouncer|pgadmin|repo-host|backup)/.test(role)) return undefined;
  return member(label(labels, 'postgres_operator_crunchydata_com_cluster'), 'postgres', role);
};

const zalando: Rule = (labels) => {
  const role = label(labels, 'spilo_role');
  if (role === '' && label(labels, 'application') !== 'spilo') return undefined;
  return member(label(labels, 'cluster_name'), 'postgres', role);
};

const cloudNative: Rule = (labels) => {
  const pod = label(labels, 'cnpg_io_pod_role') || label(labels, 'cnpg_io_podRole');
  if (pod === 'pooler' || label(labels, 'cnpg_io_pooler_name') || label(labels, 'cnpg_io_poolerName'))
    return undefined;
  const cluster = label(labels, 'cnpg_io_cluster') || label(labels, 'k8s_enterprisedb_io_cluster');
  const role = label(labels, 'cnpg_io_instance_role') || label(labels, 'cnpg_io_instanceRole');
  return member(cluster, 'postgres', role || label(labels, 'role'));
};

const stackGres: Rule = (labels) =>
  member(label(labels, 'stackgres_io_cluster_name'), 'postgres', label(labels, 'role'));

/** Operators that use the labels Kubernetes recommends. */
const byOperator: Rule = (labels) => {
  const component = label(labels, 'app_kubernetes_io_component');
  const instance = label(labels, 'app_kubernetes_io_instance');
  switch (label(labels, 'app_kubernetes_io_managed_by')) {
    case 'percona-server-mongodb-operator':
      return member(instance, 'mongodb', component);
    case 'percona-xtradb-cluster-operator':
      return component === 'pxc' ? member(instance, 'mysql', component) : undefined;
    case 'valkey-operator':
      return member(instance || label(labels, 'app_kubernetes_io_name'), 'valkey', label(labels, 'role'));
    case 'coroot-operator':
      return component === 'clickhouse'
        ? member(`${label(labels, 'app_kubernetes_io_part_of') || instance}-clickhouse`, 'clickhouse', '')
        : undefined;
    default:
      return undefined;
  }
};

const perconaMongo: Rule = (labels) =>
  label(labels, 'app_kubernetes_io_name') === 'percona-server-mongodb'
    ? member(
        label(labels, 'app_kubernetes_io_instance'),
        'mongodb',
        label(labels, 'app_kubernetes_io_component'),
      )
    : undefined;

const perconaXtradb: Rule = (labels) =>
  label(labels, 'app_kubernetes_io_name') === 'percona-xtradb-cluster' &&
  label(labels, 'app_kubernetes_io_component') === 'pxc'
    ? member(label(labels, 'app_kubernetes_io_instance'), 'mysql', '')
    : undefined;

/** Charts by the software they bring. */
const CHARTS: Readonly<Record<string, string>> = {
  mongodb: 'mongodb',
  'mongodb-sharded': 'mongodb',
  redis: 'redis',
  'redis-cluster': 'redis',
  'redis-ha': 'redis',
  keydb: 'keydb',
  valkey: 'valkey',
  'valkey-cluster': 'valkey',
  mysql: 'mysql',
  mariadb: 'mysql',
  'mariadb-galera': 'mysql',
  postgresql: 'postgres',
  'postgresql-ha': 'postgres',
  clickhouse: 'clickhouse',
};
/** Pods of such a chart that hold none of its data. */
const BESIDE = /metrics|exporter|proxy|pgpool|backup|test|volume-permissions/;

const helmChart: Rule = (labels) => {
  const chart = label(labels, 'helm_sh_chart').replace(/-v?\d.*$/, '');
  const name = chart || label(labels, 'app_kubernetes_io_name');
  const type = CHARTS[name];
  const managed = label(labels, 'app_kubernetes_io_managed_by') === 'Helm' || chart !== '';
  const component = label(labels, 'app_kubernetes_io_component');
  if (type === undefined || !managed || BESIDE.test(component)) return undefined;
  const release = label(labels, 'app_kubernetes_io_instance');
  if (release === '') return undefined;
  return member(release.includes(name) ? release : `${release}-${name}`, type, component);
};

const RULES: readonly Rule[] = [
  crunchy,
  cloudNative,
  stackGres,
  zalando,
  byOperator,
  perconaMongo,
  perconaXtradb,
  helmChart,
];

/** The database a pod is part of, by the labels that operators and charts give it (`label_*`). */
export function databaseMember(labels: Labels): DatabaseMember | undefined {
  for (const rule of RULES) {
    const found = rule(labels);
    if (found) return found;
  }
  return undefined;
}
