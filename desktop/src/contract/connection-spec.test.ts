import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { connectionTarget, isRecorded, parseConnectionSpec } from './connection-spec.ts';

const STORES = { clickhouseUrl: 'http://127.0.0.1:8123/', prometheusUrl: 'https://prometheus:9090' };

const parsed = (value: unknown) => {
  const result = parseConnectionSpec(value);
  if (!result.ok) throw new Error(result.error.join('; '));
  return result.value;
};
const problems = (value: unknown): readonly string[] => {
  const result = parseConnectionSpec(value);
  return result.ok ? [] : result.error;
};

test('each kind reads, and fields it does not know are left out', () => {
  assert.deepStrictEqual(parsed({ kind: 'direct', ...STORES, name: 'x', collectorUrl: '' }), {
    kind: 'direct',
    clickhouseUrl: 'http://127.0.0.1:8123',
    prometheusUrl: 'https://prometheus:9090',
  });
  assert.deepStrictEqual(parsed({ kind: 'grpc', address: '[::1]:443', insecure: true }), {
    kind: 'grpc',
    address: '[::1]:443',
    insecure: true,
  });
  assert.deepStrictEqual(
    parsed({ kind: 'ssh', host: 'h', user: 'u', auth: { method: 'key', keyFile: '/k' }, inner: STORES }),
    {
      kind: 'ssh',
      host: 'h',
      port: 22,
      user: 'u',
      auth: { method: 'key', keyFile: '/k' },
      inner: { clickhouseUrl: 'http://127.0.0.1:8123', prometheusUrl: 'https://prometheus:9090' },
    },
  );
  assert.deepStrictEqual(parsed({ kind: 'snapshot', path: '/a/b.gumshoe' }), {
    kind: 'snapshot',
    path: '/a/b.gumshoe',
  });
});

test('every mistake has a line of its own', () => {
  assert.deepStrictEqual(problems({ kind: 'ssh', port: 99_999, auth: {}, inner: { clickhouseUrl: 'x' } }), [
    'port must be between 1 and 65535',
    'host is missing',
    'user is missing',
    'auth.method must be agent, key or password',
    'inner.clickhouseUrl must start with http:// or https://, found x',
    'inner.prometheusUrl is missing',
  ]);
  assert.deepStrictEqual(parsed({ kind: 'direct', prometheusUrl: 'http://p:1' }), {
    kind: 'direct',
    clickhouseUrl: '',
    prometheusUrl: 'http://p:1',
  });
  assert.deepStrictEqual(problems({ kind: 'cloud' }), [
    'kind must be direct, grpc, ssh, snapshot or several',
  ]);
});

test('credentials in a URL are refused, so that no secret is saved with it', () => {
  const [problem] = problems({ kind: 'direct', ...STORES, clickhouseUrl: 'http://me:secret@host:8123' });
  assert.match(problem ?? '', /must not hold a user or password/);
});

test('any JSON is answered, never thrown at', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => typeof parseConnectionSpec(value).ok === 'boolean'));
});

test('the target names where a connection leads', () => {
  assert.equal(connectionTarget({ kind: 'snapshot', path: '/a/b.gumshoe' }), 'b.gumshoe');
  assert.equal(connectionTarget(parsed({ kind: 'direct', ...STORES })), 'prometheus:9090');
});

test('several clusters, each with certificates and headers of its own', () => {
  const one = {
    kind: 'direct',
    clickhouseUrl: 'http://a:8123',
    prometheusUrl: 'https://a/prometheus',
    prometheusTls: { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' },
    prometheusHeaders: [
      { name: 'X-Scope-OrgID', value: 'shop' },
      { name: 'X-Key', valueRef: 'secret-1' },
    ],
  };
  const several = { kind: 'several', clusters: [{ name: 'east', spec: one }] };
  const parsed = parseConnectionSpec(several);
  assert.deepStrictEqual(parsed.ok && parsed.value, several);
  assert.deepStrictEqual(
    problems({ kind: 'several', clusters: [{ spec: { ...one, prometheusHeaders: [{ value: 'x' }] } }] }),
    ['clusters[0].name is missing', 'clusters[0].spec.prometheusHeaders[0].name is missing'],
  );
  assert.deepStrictEqual(problems({ kind: 'several' }), ['clusters must name at least one']);
});

test('several snapshots are a recording as much as one, a live cluster among them is not', () => {
  const file = { name: 'east', spec: { kind: 'snapshot', path: '/a.gumshoe' } } as const;
  const live = { name: 'west', spec: { kind: 'grpc', address: 'h:1' } } as const;
  assert.equal(isRecorded(file.spec), true);
  assert.equal(isRecorded({ kind: 'several', clusters: [file, file] }), true);
  assert.equal(isRecorded({ kind: 'several', clusters: [file, live] }), false);
});
