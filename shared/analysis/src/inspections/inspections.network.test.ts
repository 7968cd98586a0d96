import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '@gumshoe/base/series';
import type { Course } from '@gumshoe/model/testdata/series-writer';
import { levelChecks } from './testdata/level-case.ts';
import { NETWORK_CASES } from './testdata/level-cases.ts';
import {
  APP,
  AREA_RANGE,
  PEER,
  PEER_ADDRESS,
  changesOf,
  findingOf,
  smallWorld,
  towards,
} from './testdata/small-world.ts';

for (const { name, complaints } of NETWORK_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));

const connection = towards(PEER_ADDRESS);
const HALF = AREA_RANGE.from + 900_000;
const after =
  (value: number): Course =>
  (at) =>
    at > HALF ? value : 0;

function connects(failed: Course, succeeded: Course, reason = 'refused') {
  return smallWorld((writer) => {
    writer.counter('container_net_tcp_successful_connects_total', connection, succeeded);
    writer.counter('container_net_tcp_failed_connects_total', { ...APP, destination: PEER_ADDRESS }, failed);
    const labels = { ...APP, destination: PEER_ADDRESS, error_type: reason };
    writer.counter('container_net_tcp_connect_errors_total', labels, failed);
  });
}

test('attempts that keep failing are told with their reason', () => {
  const finding = findingOf(
    'network-connects',
    connects(after(0.5), () => 0, 'timed_out'),
  );
  assert.equal(finding?.health, 'warning');
  assert.match(
    finding?.message ?? '',
    /connection attempts to peer failed in the window \(timed out 4\d\d\)/,
  );
  const rare: Course = (at) => ((at - AREA_RANGE.from) % 120_000 === 0 ? 1 / 15 : 0);
  assert.equal(
    findingOf(
      'network-connects',
      connects(rare, () => 0),
    )?.health,
    'warning',
  );
  assert.ok(
    changesOf(
      'network-connects',
      connects(rare, () => 0),
    ) <= 1,
  );
});

test('a failed attempt among successful ones is none of it', () => {
  const once: Course = (at) => (at === HALF ? 1 / 15 : 0);
  assert.equal(
    findingOf(
      'network-connects',
      connects(once, () => 0.1),
    )?.health,
    'ok',
  );
  assert.equal(
    findingOf(
      'network-connects',
      connects(once, () => 0),
    )?.health,
    'ok',
  );
  assert.equal(findingOf('network-connects', smallWorld()), undefined);
});

function conversation(received: Course, resent: Course, rttTo = Infinity) {
  return smallWorld((writer) => {
    writer.gauge('container_net_tcp_active_connections', connection, () => 2);
    writer.counter('container_net_tcp_bytes_received_total', connection, received);
    writer.counter('container_net_tcp_retransmits_total', connection, resent);
    const peer = { ...APP, destination_ip: PEER_ADDRESS.split(':')[0]! };
    writer.gauge('container_net_latency_seconds', peer, () => 0.001, { to: rttTo });
  });
}

test('a peer that no longer answers is silent, an idle or lossy one is not', () => {
  const health = (...args: Parameters<typeof conversation>) =>
    findingOf('network-connectivity', conversation(...args))?.health;
  const until: Course = (at) => (at < HALF ? 1000 : 0);
  assert.equal(health(until, after(0.3)), 'warning');
  assert.equal(
    health(until, () => 0, HALF),
    'warning',
  );
  assert.equal(
    health(until, () => 0),
    'ok',
  );
  assert.equal(
    health(
      () => 1000,
      () => 0.3,
    ),
    'ok',
  );
  const single: Course = (at) => (at === HALF + 15_000 ? 1 / 15 : 0);
  assert.equal(health(until, single), 'ok');
  const uncounted = conversation(() => 0, after(0.3)).filter(
    ({ labels }) => labels.__name__ !== 'container_net_tcp_bytes_received_total',
  );
  assert.equal(findingOf('network-connectivity', uncounted)?.health, 'ok', 'nobody counts what comes back');
  const finding = findingOf('network-connectivity', conversation(until, after(0.3)));
  assert.match(finding?.message ?? '', /No answer from peer although connections are open/);
});

test('resets that were always there are a habit', () => {
  const always = smallWorld((writer) => {
    writer.counter('container_net_tcp_resets_sent_total', connection, () => 1);
  });
  assert.equal(findingOf('network-resets', always)?.health, 'ok');
});

test('a peer in another cluster may be farther away', () => {
  const address = '34.1.1.2:8080';
  const far = (rtt: number) => {
    const east = smallWorld((writer) => {
      writer.gauge('container_net_tcp_active_connections', towards(address), () => 2);
      writer.gauge('container_net_latency_seconds', { ...APP, destination_ip: '34.1.1.2' }, () => rtt);
    });
    const west = smallWorld((writer) =>
      writer.gauge('container_net_tcp_listen_info', { ...PEER, listen_addr: address, proxy: '' }, () => 1),
    );
    const of = (container: string) => (one: { readonly labels: Labels }) =>
      one.labels['container_id'] === container || one.labels['container_id'] === undefined;
    return [
      ...east
        .filter(of(APP.container_id))
        .map((one) => ({ ...one, labels: { ...one.labels, cluster: 'east' } })),
      ...west
        .filter(of(PEER.container_id))
        .map((one) => ({ ...one, labels: { ...one.labels, cluster: 'west', machine_id: 'm2' } })),
    ];
  };
  assert.equal(findingOf('network-rtt-other-clusters', far(0.05))?.health, 'ok');
  const finding = findingOf('network-rtt-other-clusters', far(0.15));
  assert.equal(finding?.health, 'warning');
  assert.match(finding.message, /round trip to peer takes 150 ms/);
  assert.equal(findingOf('network-rtt', far(0.15)), undefined);
});
