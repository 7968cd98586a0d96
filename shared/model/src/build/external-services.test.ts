import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainOf, ExternalServices } from './external-services.ts';

function named(
  services: ExternalServices,
  endpoints: readonly (readonly [string, string])[],
): readonly string[] {
  for (const [host, port] of endpoints) services.count(host, port);
  return endpoints.map(([host, port]) => services.nameOf(host, port));
}

test('buckets of a cloud are one service', () => {
  const names = named(new ExternalServices(), [
    ['pictures.s3.amazonaws.com', '443'],
    ['pictures.s3.eu-west-1.amazonaws.com', '443'],
    ['s3-eu-west-1.amazonaws.com', '443'],
    ['api.example.org', '443'],
  ]);
  assert.deepEqual([...new Set(names)], ['*.s3.amazonaws.com:443', 'api.example.org:443']);
});

test('rules of the configuration come first', () => {
  const services = new ExternalServices({
    externalGroups: [
      { name: 'payments', hosts: ['*.stripe.com', '203.0.113.*'] },
      { hosts: ['*.example.org'] },
    ],
  });
  const names = named(services, [
    ['api.stripe.com', '443'],
    ['203.0.113.9', '8443'],
    ['a.example.org', '443'],
  ]);
  assert.deepEqual(names, ['payments', 'payments', '*.example.org:443']);
});

test('more names of one domain than the threshold are one service, fewer are not', () => {
  const hosts = (n: number) =>
    Array.from({ length: n }, (_, i) => [`h${i}.cdn.example.co.uk`, '443'] as const);
  const few = named(new ExternalServices({ externalGroupThreshold: 5 }), hosts(5));
  assert.equal(new Set(few).size, 5);
  const many = named(new ExternalServices({ externalGroupThreshold: 5 }), hosts(6));
  assert.deepEqual([...new Set(many)], ['*.example.co.uk:443']);
});

test('many addresses without a name are one service per port', () => {
  const endpoints = Array.from({ length: 300 }, (_, i) => [`52.1.${i % 7}.${i}`, '443'] as const);
  const names = named(new ExternalServices(), [...endpoints, ['10.9.9.9', '5432']]);
  assert.deepEqual([...new Set(names)], ['external-https', '10.9.9.9:5432']);
});

test('a domain is what somebody registered', () => {
  assert.deepEqual(['a.b.example.org', 'a.example.co.uk', 'localhost'].map(domainOf), [
    'example.org',
    'example.co.uk',
    'localhost',
  ]);
});
