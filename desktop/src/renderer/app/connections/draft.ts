import { err, type Result } from '@gumshoe/base/result';
import { parseConnectionSpec } from '../../../contract/connection-spec.ts';
import type { ConnectionSpec } from '../../../contract/engine.ts';
import type { SavedConnection } from '../../../contract/ipc.ts';

export type ConnectionKind = ConnectionSpec['kind'];

/** A form being filled: text of every field, whatever the kind. Secrets are typed here and leave as references. */
export interface ConnectionDraft {
  readonly id: string | undefined;
  readonly name: string;
  readonly kind: ConnectionKind;
  readonly fields: Readonly<Record<string, string>>;
  /** What the connection has and the form does not show: certificates, headers, clusters. */
  readonly kept?: Readonly<Record<string, unknown>>;
}

export interface FieldDefinition {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly kind?: 'secret' | 'ssh-key' | 'certificate' | 'snapshot' | 'check' | 'auth';
  readonly optional?: boolean;
}

const STORES: readonly FieldDefinition[] = [
  { name: 'clickhouseUrl', label: 'ClickHouse URL', placeholder: 'http://127.0.0.1:8123' },
  { name: 'clickhouseUser', label: 'ClickHouse user', optional: true },
  { name: 'clickhousePasswordRef', label: 'ClickHouse password', kind: 'secret', optional: true },
  { name: 'prometheusUrl', label: 'Prometheus URL', placeholder: 'http://127.0.0.1:9090' },
  { name: 'prometheusTokenRef', label: 'Prometheus token', kind: 'secret', optional: true },
  { name: 'prometheusUser', label: 'Prometheus user', optional: true },
  { name: 'prometheusPasswordRef', label: 'Prometheus password', kind: 'secret', optional: true },
  { name: 'collectorUrl', label: 'Collector status URL', optional: true },
];

const SSH: readonly FieldDefinition[] = [
  { name: 'host', label: 'Host', placeholder: 'bastion.example.org' },
  { name: 'port', label: 'Port', placeholder: '22', optional: true },
  { name: 'user', label: 'User' },
  { name: 'auth', label: 'Sign in with', kind: 'auth' },
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
      return STORES;
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

const STORE_NAMES = new Set(STORES.map((field) => field.name));

/** The connection that a draft describes; `fields` hold references by now. */
export function specOf(draft: ConnectionDraft): Result<ConnectionSpec, readonly string[]> {
  const names = new Set(fieldsOf(draft).map((field) => field.name));
  const filled = Object.entries(draft.fields).filter(([name, value]) => names.has(name) && value !== '');
  const fields: Record<string, unknown> = Object.fromEntries(filled);
  if (fields['insecure'] !== undefined) fields['insecure'] = fields['insecure'] === 'yes';
  if (draft.kind !== 'ssh') return named(draft, { ...draft.kept, kind: draft.kind, ...fields });
  const inner = { ...draft.kept, ...Object.fromEntries(filled.filter(([name]) => STORE_NAMES.has(name))) };
  const { host, user, keyFile, passphraseRef, passwordRef } = fields;
  const auth = { method: fields['auth'] ?? 'agent', keyFile, passphraseRef, passwordRef };
  return named(draft, { kind: 'ssh', host, user, port: Number(fields['port'] ?? 22), auth, inner });
}

function named(draft: ConnectionDraft, spec: object): Result<ConnectionSpec, readonly string[]> {
  const parsed = parseConnectionSpec(spec);
  if (draft.name.trim() !== '') return parsed;
  return err(['name is missing', ...(parsed.ok ? [] : parsed.error)]);
}

export const emptyDraft = (kind: ConnectionKind): ConnectionDraft => ({
  id: undefined,
  name: '',
  kind,
  fields: kind === 'ssh' ? { auth: 'agent' } : {},
});

const KEPT: ReadonlySet<string> = new Set([
  'clickhouseTls',
  'prometheusTls',
  'prometheusHeaders',
  'clusters',
]);

/** The form of a saved connection. References stand in for secrets until new ones are typed. */
export function draftOf({ id, name, spec }: SavedConnection): ConnectionDraft {
  const fields: Record<string, string> = {};
  const kept: Record<string, unknown> = {};
  const take = (values: object): void => {
    for (const [key, value] of Object.entries(values)) {
      if (KEPT.has(key)) kept[key] = value;
      if (typeof value === 'string' || typeof value === 'number') fields[key] = String(value);
      if (value === true) fields[key] = 'yes';
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
  return { id, name, kind: spec.kind, fields, ...(Object.keys(kept).length > 0 ? { kept } : {}) };
}
