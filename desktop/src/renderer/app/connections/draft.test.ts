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
      inner: STORES,
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
  assert.deepStrictEqual(spec.ok ? [] : spec.error, [
    'name is missing',
    'clickhouseUrl is missing',
    'prometheusUrl is missing',
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
