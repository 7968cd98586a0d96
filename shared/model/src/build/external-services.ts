import { compileGlob } from '@gumshoe/base/glob';
import { DEFAULT_EXTERNAL_GROUP_THRESHOLD, type ExternalGroupRule, type ModelSettings } from '../settings.ts';
import { isIp } from './address.ts';

/** Services that have a name per customer, bucket, region or machine. */
export const BUILT_IN_GROUPS: readonly ExternalGroupRule[] = [
  {
    name: '*.s3.amazonaws.com',
    hosts: ['{s3,*.s3}.amazonaws.com', '{s3,*.s3}{.,-}*.amazonaws.com'],
  },
  { hosts: ['*.compute.amazonaws.com'] },
  { hosts: ['*.compute.internal'] },
  { hosts: ['*.cloudfront.net'] },
  {
    name: '*.amazonaws.com',
    hosts: ['{ec2messages,ssmmessages,ssm,sts,monitoring,logs}{.,-}*.amazonaws.com'],
  },
  { hosts: ['*.blob.core.windows.net'] },
  { hosts: ['*.queue.core.windows.net'] },
  { hosts: ['*.servicebus.windows.net'] },
  { hosts: ['*.storage.googleapis.com'] },
  { hosts: ['*.1e100.net'] },
  { hosts: ['*.bc.googleusercontent.com'] },
  { hosts: ['*.r2.cloudflarestorage.com'] },
  { hosts: ['*.digitaloceanspaces.com'] },
  { hosts: ['*.{akamaiedge,akamaitechnologies,edgekey,edgesuite}.net'] },
  { hosts: ['*.fastly.net'] },
  { hosts: ['*.ingest.sentry.io'] },
];

/** What a port usually is, for many addresses without a name. */
const KNOWN_PORTS: Readonly<Record<string, string>> = {
  '80': 'http',
  '443': 'https',
  '1433': 'mssql',
  '2181': 'zookeeper',
  '3306': 'mysql',
  '4222': 'nats',
  '5432': 'postgres',
  '5672': 'amqp',
  '6379': 'redis',
  '9000': 'clickhouse',
  '9042': 'cassandra',
  '9092': 'kafka',
  '9200': 'elasticsearch',
  '11211': 'memcached',
  '27017': 'mongodb',
};

interface Rule {
  readonly name: string;
  readonly explicit: boolean;
  readonly matches: (host: string) => boolean;
}

/**
 * Names what is outside. Hosts that a rule brings together are one service; of the others, when there are more than the
 * threshold under one domain, or more addresses without a name on one port, they are one too. Every host must be
 * `count`ed before the first is named: names then do not depend on the order.
 */
export class ExternalServices {
  readonly #rules: readonly Rule[];
  readonly #threshold: number;
  readonly #members = new Map<string, Set<string>>();
  readonly #names = new Map<string, string>();

  constructor(settings: ModelSettings = {}) {
    const own = (settings.externalGroups ?? []).flatMap((rule) => compile(rule, true));
    this.#rules = [...own, ...BUILT_IN_GROUPS.flatMap((rule) => compile(rule, false))];
    this.#threshold = settings.externalGroupThreshold ?? DEFAULT_EXTERNAL_GROUP_THRESHOLD;
  }

  count(host: string, port: string): void {
    const group = groupOf(host, port);
    const members = this.#members.get(group);
    if (members) members.add(host);
    else this.#members.set(group, new Set([host]));
  }

  /** Host name, or address where no name is known, with its port; or the name of its group. */
  nameOf(host: string, port: string): string {
    const key = `${host}\u0000${port}`;
    let name = this.#names.get(key);
    if (name === undefined) this.#names.set(key, (name = this.#name(host, port)));
    return name;
  }

  #name(host: string, port: string): string {
    const rule = this.#rules.find(({ matches }) => matches(host));
    if (rule) return rule.explicit ? rule.name : withPort(rule.name, port);
    const many = (this.#members.get(groupOf(host, port))?.size ?? 0) > this.#threshold;
    if (!many) return withPort(host, port);
    if (!isIp(host)) return withPort(`*.${domainOf(host)}`, port);
    const known = KNOWN_PORTS[port];
    return known === undefined ? `external:${port}` : `external-${known}`;
  }
}

function compile(rule: ExternalGroupRule, own: boolean): readonly Rule[] {
  return rule.hosts.map((glob) => ({
    name: rule.name ?? glob,
    explicit: own && rule.name !== undefined,
    matches: compileGlob(glob),
  }));
}

const withPort = (host: string, port: string): string => {
  if (port === '') return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
};

const groupOf = (host: string, port: string): string =>
  isIp(host) ? `${host.includes(':') ? 6 : 4} ${port}` : `${domainOf(host)} ${port}`;

const SECOND_LEVEL = new Set(['co', 'com', 'org', 'net', 'gov', 'edu', 'ac', 'or', 'ne', 'go']);

/** The part of a host name that somebody registered: the last two labels, or three below `co.uk` and its like. */
export function domainOf(host: string): string {
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  const country = last.length === 2 && SECOND_LEVEL.has(labels.at(-2) ?? '');
  return labels.slice(country ? -3 : -2).join('.');
}
