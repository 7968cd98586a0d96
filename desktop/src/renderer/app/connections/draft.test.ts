import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SavedConnection, SavedConnectionId } from '../../../contract/ipc.ts';
import { draftOf, emptyDraft, fieldsOf, specOf } from './draft.ts';
import { offeredFingerprint } from './host-key.ts';

const STORES = { clickhouseUrl: 'http://127.0.0.1:8123', prometheusUrl: 'http://127.0.0.1:9090' };
const id = 'a' as SavedConnectionId;

const SAVED: readonly SavedConnection[] = [
  { id, name: 'direct', spec: { kind: 'direct', ...STORES, clickhousePasswordRef: 'secret-1' } },
  { id, name: 'grpc', spec: { kind: 'grpc', address: 'h:1', tokenRef: 'secret-2', insecure: true } },
  { id, name: 'snapshot', spec: { kind: 'snapshot', path: '/x.gumshoe' } },
  {
    id,
    name: 'ssh',
    spec: {
      kind: 'ssh',
      host: 'h',
      port: 2222,
      user: 'u',
      auth: { method: 'key', keyFile: '/k', passphraseRef: 'secret-3' },
      knownHostsFile: '/known',
      inner: STORES,
    },
  },
  {
    id,
    name: 'metrics only, behind a proxy that wants a certificate and a tenant',
    spec: {
      kind: 'direct',
      clickhouseUrl: '',
      prometheusUrl: 'https://mimir/prometheus',
      prometheusTls: { caFile: '/ca', certFile: '/cert', keyFile: '/key', keyPassphraseRef: 'secret-4' },
      prometheusHeaders: [
        { name: 'X-Scope-OrgID', value: 'shop' },
        { name: 'X-Key', valueRef: 'secret-5' },
      ],
    },
  },
  {
    id,
    name: 'several',
    spec: {
      kind: 'several',
      clusters: [
        { name: 'east', spec: { kind: 'direct', ...STORES } },
        { name: 'west', spec: { kind: 'snapshot', path: '/x.gumshoe' } },
      ],
    },
  },
];

test('every kind of connection survives its form', () => {
  for (const saved of SAVED) {
    const spec = specOf(draftOf(saved));
    assert.deepStrictEqual(spec, { ok: true, value: saved.spec });
  }
});

test('a field of another way to sign in is not carried along', () => {
  const draft = draftOf(SAVED[3]!);
  const spec = specOf({ ...draft, fields: { ...draft.fields, auth: 'agent' } });
  assert.ok(spec.ok && spec.value.kind === 'ssh');
  assert.deepStrictEqual(spec.value.auth, { method: 'agent' });
  assert.ok(!fieldsOf(emptyDraft('ssh')).some((field) => field.name === 'keyFile'));
});

test('an empty form says everything that is missing', () => {
  const spec = specOf(emptyDraft('direct'));
  assert.deepStrictEqual(spec.ok ? [] : spec.error, ['Name is missing', 'Prometheus URL is missing']);
});

test('a mistake is told by the label of its field', () => {
  const draft = { ...emptyDraft('ssh'), name: 'x', headers: [{ name: '', value: 'v' }] };
  const fields = { auth: 'key', host: 'h', user: 'u', clickhouseUrl: 'c:1', prometheusUrl: 'http://p' };
  const spec = specOf({ ...draft, fields });
  assert.deepStrictEqual(spec.ok ? [] : spec.error, [
    'Private key is missing',
    'ClickHouse URL must start with http:// or https://, found c:1',
    'Header 1: name is missing',
  ]);
});

test('only an unknown host key is a question; a changed one never is', () => {
  const failure = {
    code: 'host-key-unknown',
    tried: 'connect',
    target: 'h:22',
    reason: 'its key SHA256:1Zj2rYq1c6o0ePmv6K2sY1rJ8g4C9F5Qy0u3bqX7n1k is not in known_hosts',
  } as const;
  assert.equal(offeredFingerprint(failure), 'SHA256:1Zj2rYq1c6o0ePmv6K2sY1rJ8g4C9F5Qy0u3bqX7n1k');
  assert.equal(offeredFingerprint({ ...failure, code: 'host-key-changed' }), undefined);
});
