import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DnsEvent } from '../receivers/ebpf/dns-event.ts';
import { DnsMetrics } from './dns-metrics.ts';
import { collected } from './testdata/collected.ts';

const A = 1;
const AAAA = 28;

function message(
  name: string,
  type: number,
  rcode: number,
  addresses: readonly (readonly number[])[] = [],
): Uint8Array {
  const question = [
    ...name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]),
    0,
    0,
    type,
    0,
    1,
  ];
  const records = addresses.flatMap((address) => [
    0xc0,
    12,
    0,
    type,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    address.length,
    ...address,
  ]);
  return Uint8Array.from([
    0,
    7,
    0x81,
    0x80 | rcode,
    0,
    1,
    0,
    addresses.length,
    0,
    0,
    0,
    0,
    ...question,
    ...records,
  ]);
}

const event = (bytes: Uint8Array, also: Partial<DnsEvent> = {}): DnsEvent => ({
  tgid: 10,
  cgroupId: 1n,
  inbound: false,
  durationNs: 2_000_000,
  answered: true,
  bytes,
  ...also,
});

function make(namesPerContainer = 50) {
  const metrics = new DnsMetrics({
    containerOf: (tgid) => (tgid === 10 ? { containerId: '/a' } : undefined),
    namesPerContainer,
    expireAfter: 1000,
  });
  return { metrics, at: (now: number) => collected({ collect: (sink) => metrics.collect(sink, now) }) };
}

test('queries by type, name and status; the server by status only', () => {
  const { metrics, at } = make();
  metrics.observe(event(message('shop.test', A, 0, [[10, 1, 2, 3]])));
  metrics.observe(event(message('shop.test', A, 0, [[10, 1, 2, 3]])));
  metrics.observe(event(message('gone.test', A, 3)));
  metrics.observe(event(message('slow.test', A, 0), { answered: false, durationNs: 11e9 }));
  metrics.observe(event(message('shop.test', A, 2), { inbound: true }));
  const count = 'container_dns_requests_total{request_type=TypeA,domain=';
  assert.deepEqual(at(0), {
    [`/a ${count}shop.test,status=ok}`]: 2,
    [`/a ${count}gone.test,status=nxdomain}`]: 1,
    [`/a ${count}slow.test,status=timeout}`]: 1,
    '/a container_dns_inbound_requests_total{status=servfail}': 1,
    '/a container_dns_requests_duration_seconds_total{}': '0,3,0,0,0,0,0,0,0,0,0,0,0,1,0,0 n=4 s=11.006',
    '/a container_dns_inbound_requests_duration_seconds_total{}':
      '0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0 n=1 s=0.002',
  });
  assert.equal(metrics.fqdnOf('10.1.2.3'), 'shop.test');
});

test('an address family that the name does not have is no failure and no noise', () => {
  const { metrics, at } = make();
  metrics.observe(event(message('shop.test', AAAA, 0)));
  assert.deepEqual(at(0), {});
});

test('names are bounded; series end with silence; garbage and strangers are left out', () => {
  const { metrics, at } = make(2);
  for (const name of ['a.test', 'b.test', 'c.test', 'd.test']) metrics.observe(event(message(name, A, 0)));
  metrics.observe(event(message('x.test', A, 0), { tgid: 11 }));
  metrics.observe(event(Uint8Array.of(1, 2, 3)));
  const other = '/a container_dns_requests_total{request_type=TypeA,domain=~other,status=ok}';
  assert.equal(at(0)[other], 2);
  assert.deepEqual(at(2000), {});
  assert.equal(metrics.fqdnOf('10.1.2.3'), undefined);
});
