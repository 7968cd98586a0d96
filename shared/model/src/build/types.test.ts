import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applicationType, type TypeSigns } from './types.ts';

const typeOf = (signs: Partial<TypeSigns>): string | undefined =>
  applicationType({ types: new Set(), serves: new Set(), probed: [], images: [], ...signs });

test('software that is recognised comes first: databases before languages before sidecars', () => {
  assert.equal(typeOf({ types: new Set(['envoy', 'java', 'redis']) }), 'redis');
  assert.equal(typeOf({ types: new Set(['envoy', 'java']) }), 'java');
  assert.equal(typeOf({ types: new Set(['nginx']) }), 'nginx');
});

test('a probe and a protocol say more than a language', () => {
  assert.equal(typeOf({ types: new Set(['java']), serves: new Set(['http', 'zookeeper']) }), 'zookeeper');
  assert.equal(typeOf({ types: new Set(['golang']), probed: ['postgres'] }), 'postgres');
  assert.equal(typeOf({ types: new Set(['pgbouncer']), serves: new Set(['postgres']) }), 'pgbouncer');
  assert.equal(typeOf({ types: new Set(['python']), serves: new Set(['http']) }), 'python');
});

test('an image tells where nothing else does', () => {
  const image = (name: string) => typeOf({ images: [{ at: 0 as never, image: name }] });
  assert.equal(image('docker.io/bitnami/postgresql:16.1@sha256:abc'), 'postgres');
  assert.equal(image('registry:5000/library/redis:7'), 'redis');
  assert.equal(image('quay.io/keydb'), 'keydb');
  assert.equal(image('example.org/shop/redis-importer:1'), undefined);
});
