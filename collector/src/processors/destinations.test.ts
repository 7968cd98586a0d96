import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Destinations, OTHER_DESTINATION } from './destinations.ts';

const HOST = 1;
const PRIVATE = 2;
const make = (perContainer = 3) =>
  new Destinations({
    hostNetns: HOST,
    perContainer,
    ephemeralPorts: [32768, 60999],
    resolve: (endpoint) => (endpoint === '10.96.0.1:443' ? '10.0.0.9:6443' : endpoint),
  });

test('what counts as a destination', () => {
  const destinations = make();
  assert.ok(destinations.counts(PRIVATE, '10.0.0.1', 5432));
  assert.ok(destinations.counts(PRIVATE, '10.0.0.1', 50051));
  assert.ok(!destinations.counts(PRIVATE, '10.0.0.1', 40000));
  assert.ok(!destinations.counts(PRIVATE, '169.254.169.254', 80));
  assert.ok(!destinations.counts(PRIVATE, '127.0.0.1', 80));
  assert.ok(destinations.counts(HOST, '127.0.0.1', 80));
});

test('address translation shows in the actual destination', () => {
  assert.deepEqual(make().of('a', '10.96.0.1', 443), {
    destination: '10.96.0.1:443',
    actualDestination: '10.0.0.9:6443',
    ip: '10.96.0.1',
  });
});

test('beyond the limit everything is ~other and counted; forgetting makes room', () => {
  const destinations = make(2);
  const first = destinations.of('a', '10.0.0.1', 80);
  destinations.of('a', '10.0.0.2', 80);
  assert.equal(destinations.of('a', '10.0.0.3', 80), OTHER_DESTINATION);
  assert.equal(destinations.of('a', '10.0.0.1', 80), first);
  assert.notEqual(destinations.of('b', '10.0.0.3', 80), OTHER_DESTINATION);
  assert.equal(destinations.folded, 1);
  destinations.forget('a', first);
  assert.equal(destinations.of('a', '10.0.0.3', 80).destination, '10.0.0.3:80');
});
