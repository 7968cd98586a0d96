import { err, type Result } from '@gumshoe/base/result';
import { parseConnectionSpec } from '../../../contract/connection-spec.ts';
import type { ConnectionSpec, ExtraHeader, SeveralConnection } from '../../../contract/engine.ts';
import type { SavedConnection } from '../../../contract/ipc.ts';

export type ConnectionKind = ConnectionSpec['kind'];

/** A form being filled: text of every field, whatever the kind. Secrets are typed here and leave as references. */
export interface ConnectionDraft {
  readonly id: string | undefined;
  readonly name: string;
  readonly kind: ConnectionKind;
  readonly fields: Readonly<Record<string, string>>;
  /** Sent to Prometheus with every question. */
  readonly headers: readonly ExtraHeader[];
  readonly clusters: readonly Cluster[];
}

export type Cluster = SeveralConnection['clusters'][number];

export interface FieldDefinition {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly kind?:
    'secret' | 'ssh-key' | 'key' | 'certificate' | 'known-hosts' | 'snapshot' | 'check' | 'auth';
  readonly optional?: boolean;
  /** Heading under which it is folded away until it is needed. */
  readonly section?: string;
}

/** Certificates of one store; `name.field` is field of the object name. */
const tlsFields = (name: string, section: string): readonly FieldDefinition[] =>
  [
    { name: 'caFile', label: 'Authority to trust', kind: 'certificate', placeholder: "the system's" },
    { name: 'certFile', label: 'Certificate to show', kind: 'certificate' },
    { name: 'keyFile', label: 'Key of that certificate', kind: 'key' },
    { name: 'keyPassphraseRef', label: 'Passphrase of the key', kind: 'secret' },
    { name: 'serverName', label: 'Name in its certificate', placeholder: "the URL's" },
  ].map((field) => ({ ...field, name: `${name}.${field.name}`, optional: true, section }) as FieldDefinition);

const STORES: readonly FieldDefinition[] = [
  { name: 'clickhouseUrl', label: 'ClickHouse URL', placeholder: 'http://127.0.0.1:8123' },
  { name: 'clickhouseUser', label: 'ClickHouse user', optional: true },
  { name: 'clickhousePasswordRef', label: 'ClickHouse password', kind: 'secret', optional: true },
  { name: 'prometheusUrl', label: 'Prometheus URL', placeholder: 'http://127.0.0.1:9090' },
  { name: 'prometheusTokenRef', label: 'Prometheus token', kind: 'secret', optional: true },
  { name: 'prometheusUser', label: 'Prometheus user', optional: true },
  { name: 'prometheusPasswordRef', label: 'Prometheus password', kind: 'secret', optional: true },
  { name: 'collectorUrl', label: 'Collector status URL', optional: true },
  ...tlsFields('clickhouseTls', 'Certificates of ClickHouse'),
  ...tlsFields('prometheusTls', 'Certificates of Prometheus'),
];

/** A tunnel leads to both stores; by URL Prometheus will do. */
const DIRECT = STORES.map((field) =>
  field.name === 'clickhouseUrl'
    ? { ...field, optional: true, placeholder: `${field.placeholder}; without it there are metrics only` }
    : field,
);

const SSH: readonly FieldDefinition[] = [
  { name: 'host', label: 'Host', placeholder: 'bastion.example.org' },
  { name: 'port', label: 'Port', placeholder: '22', optional: true },
  { name: 'user', label: 'User' },
  { name: 'auth', label: 'Sign in with', kind: 'auth' },
  {
    name: 'knownHostsFile',
    label: 'Known hosts',
    kind: 'known-hosts',
    placeholder: '~/.ssh/known_hosts',
    optional: true,
  },
];

const SSH_AUTH: Readonly<Record<string, readonly FieldDefinition[]>> = {
  agent: [],
  key: [
    { name: 'keyFile', label: 'Private key', kind: 'ssh-key' },
    { name: 'passphraseRef', label: 'Passphrase', kind: 'secret', optional: true },
  ],
  password: [{ name: 'passwordRef', label: 'Password', kind: 'secret' }],
};

const GRPC: readonly FieldDefinition[] = [
  { name: 'address', label: 'Gateway', placeholder: 'collector.example.org:9443' },
  { name: 'tokenRef', label: 'Token', kind: 'secret', optional: true },
  { name: 'caFile', label: 'Certificate authority', kind: 'certificate', optional: true },
  { name: 'insecure', label: 'Plain text (loopback only)', kind: 'check', optional: true },
];

const SNAPSHOT: readonly FieldDefinition[] = [{ name: 'path', label: 'File', kind: 'snapshot' }];

/** Fields to show for a draft, in order. */
export function fieldsOf(draft: ConnectionDraft): readonly FieldDefinition[] {
  switch (draft.kind) {
    case 'direct':
      return DIRECT;
    case 'grpc':
      return GRPC;
    case 'ssh':
      return [...SSH, ...(SSH_AUTH[draft.fields['auth'] ?? 'agent'] ?? []), ...STORES];
    case 'snapshot':
      return SNAPSHOT;
    case 'several':
      return [];
  }
}

/** Whether the connection asks Prometheus itself, so that it may send headers along. */
export const hasHeaders = ({ kind }: ConnectionDraft): boolean => kind === 'direct' || kind === 'ssh';

const STORE_NAMES = new Set(STORES.map((field) => field.name));

/** The connection that a draft describes; `fields` hold references by now. */
export function specOf(draft: ConnectionDraft): Result<ConnectionSpec, readonly string[]> {
  const { kind, clusters } = draft;
  if (kind === 'several') return named(draft, { kind, clusters });
  const names = new Set(fieldsOf(draft).map((field) => field.name));
  const filled = Object.entries(draft.fields).filter(([name, value]) => names.has(name) && value !== '');
  const headers = hasHeaders(draft) && draft.headers.length > 0 ? { prometheusHeaders: draft.headers } : {};
  if (kind === 'ssh') {
    const fields = nested(filled.filter(([name]) => !STORE_NAMES.has(name)));
    const inner = { ...nested(filled.filter(([name]) => STORE_NAMES.has(name))), ...headers };
    const { host, user, knownHostsFile, auth: method = 'agent', port = 22, ...secrets } = fields;
    const auth = { method, ...secrets };
    return named(draft, { kind, host, user, port: Number(port), auth, knownHostsFile, inner });
  }
  const fields = nested(filled);
  if (fields['insecure'] !== undefined) fields['insecure'] = fields['insecure'] === 'yes';
  return named(draft, { kind, ...fields, ...headers });
}

/** `a.b` is field b of the object a. */
function nested(fields: readonly (readonly [string, string])[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [name, value] of fields) {
    const [outer, inner] = name.split('.') as [string, string?];
    if (inner === undefined) all[outer] = value;
    else all[outer] = { ...(all[outer] as object | undefined), [inner]: value };
  }
  return all;
}

function named(draft: ConnectionDraft, spec: object): Result<ConnectionSpec, readonly string[]> {
  const parsed = parseConnectionSpec(spec);
  if (parsed.ok && draft.name.trim() !== '') return parsed;
  const problems = parsed.ok ? [] : parsed.error.map((problem) => labelled(draft, problem));
  return err([...(draft.name.trim() === '' ? ['Name is missing'] : []), ...problems]);
}

/** A mistake by the label of its field, as the form shows it. */
function labelled(draft: ConnectionDraft, problem: string): string {
  const path = /^\S+/.exec(problem)![0];
  const name = path.replace(/^(?:inner|auth)\./, '');
  const field = fieldsOf(draft).find((one) => one.name === name);
  if (field) return `${field.section ? `${field.section}: ` : ''}${field.label}${problem.slice(path.length)}`;
  const header = /prometheusHeaders\[(\d+)\]\.(\w+)$/.exec(path);
  if (header) return `Header ${Number(header[1]) + 1}: ${header[2]}${problem.slice(path.length)}`;
  return problem;
}

export const emptyDraft = (kind: ConnectionKind): ConnectionDraft => ({
  id: undefined,
  name: '',
  kind,
  fields: kind === 'ssh' ? { auth: 'agent' } : {},
  headers: [],
  clusters: [],
});

/** The form of a saved connection. References stand in for secrets until new ones are typed. */
export function draftOf({ id, name, spec }: SavedConnection): ConnectionDraft {
  const fields: Record<string, string> = {};
  const take = (values: object, prefix = ''): void => {
    for (const [key, value] of Object.entries(values)) {
      if (typeof value === 'string' || typeof value === 'number') fields[prefix + key] = String(value);
      if (value === true) fields[prefix + key] = 'yes';
      if (key.endsWith('Tls')) take(value as object, `${key}.`);
    }
  };
  take(spec);
  if (spec.kind === 'ssh') {
    take(spec.auth);
    take(spec.inner);
    fields['auth'] = spec.auth.method;
  }
  delete fields['kind'];
  delete fields['method'];
  const stores = spec.kind === 'ssh' ? spec.inner : spec.kind === 'direct' ? spec : undefined;
  const clusters = spec.kind === 'several' ? spec.clusters : [];
  return { id, name, kind: spec.kind, fields, headers: stores?.prometheusHeaders ?? [], clusters };
}
