import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedIn, namesOf } from './named.ts';

const NAMES = namesOf(
  ['user', 'ts-order-service', 'geo:8083', 'Suche/Ünïcode', '10.0.0.3:5432', 'db'].map((name) => [
    name,
    name,
  ]),
);
const named = (text: string): readonly string[] => [...namedIn(text, NAMES)].sort();

test('names are found as they stand, in hosts, behind ports and in any case', () => {
  assert.deepEqual(named('call to TS-Order-Service failed.'), ['ts-order-service']);
  assert.deepEqual(named('GET http://ts-order-service.prod.svc:8080/x: timeout'), ['ts-order-service']);
  assert.deepEqual(named('rpc to geo:8083: deadline'), ['geo:8083']);
  assert.deepEqual(named('dial tcp 10.0.0.3:5432: connection refused'), ['10.0.0.3:5432']);
});

test('names with other signs are found between such', () => {
  assert.deepEqual(named('rpc to suche/Ünïcode failed'), ['Suche/Ünïcode']);
  assert.deepEqual(named('rpc to suche/Ünïcodes failed'), []);
});

test('what could be any word counts in what is said of calls only, and two letters never', () => {
  assert.deepEqual(named('user not found'), []);
  assert.deepEqual(named('upstream user timed out'), ['user']);
  assert.deepEqual(named('db service is down'), []);
});
