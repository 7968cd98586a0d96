import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DomainNames, foldDomain } from './domain.ts';
import { ipv6Text, parseDns } from './message.ts';

const name = (text: string): number[] => [
  ...text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]),
  0,
];
const query = (id: number, text: string, type: number): Uint8Array =>
  Uint8Array.of(id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name(text), 0, type, 0, 1);
const answer = (id: number, text: string, type: number, rcode: number, records: number[][]): Uint8Array =>
  Uint8Array.of(
    ...[id >> 8, id & 255, 0x81, 0x80 | rcode, 0, 1, 0, records.length, 0, 0, 0, 0],
    ...name(text),
    ...[0, type, 0, 1],
    ...records.flat(),
  );
const record = (type: number, data: number[]): number[] => [
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
  data.length,
  ...data,
];

test('a query and its answer, names in lower case, addresses behind aliases', () => {
  const asked = parseDns(query(258, 'Shop.Example.com', 28));
  assert.deepEqual(asked, {
    id: 258,
    isAnswer: false,
    rcode: 0,
    type: 'TypeAAAA',
    name: 'shop.example.com',
    addresses: [],
  });
  const records = [
    record(5, [3, 119, 119, 119, 0xc0, 12]),
    record(1, [192, 0, 2, 7]),
    record(28, [0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 1]),
  ];
  const answered = parseDns(answer(258, 'shop.example.com', 1, 0, records));
  assert.deepEqual(answered?.addresses, ['192.0.2.7', '2001:db8::1']);
  assert.equal(parseDns(answer(1, 'no.such', 1, 3, []))?.rcode, 3);
});

test('over TCP a length comes first', () => {
  const message = query(7, 'a.b', 1);
  assert.equal(parseDns(Uint8Array.of(0, message.length, ...message), true)?.name, 'a.b');
});

test('pointers that lead forward or to themselves, long labels and other messages are nothing', () => {
  const looped = query(1, 'a.b', 1);
  looped.set([0xc0, 12], 12);
  assert.equal(parseDns(looped), undefined);
  const two = query(1, 'a.b', 1);
  two[5] = 2;
  assert.equal(parseDns(two), undefined);
  const update = query(1, 'a.b', 1);
  update[2] = 5 << 3;
  assert.equal(parseDns(update), undefined);
});

test('cut at each byte and garbage: nothing, or what was there', () => {
  const whole = answer(9, 'shop.example.com', 1, 0, [record(1, [192, 0, 2, 7]), record(1, [192, 0, 2, 8])]);
  for (let cut = 0; cut < whole.length; cut++) {
    const found = parseDns(whole.subarray(0, cut));
    assert.ok(found === undefined || (found.name === 'shop.example.com' && found.addresses.length <= 2));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const found = parseDns(bytes);
      assert.ok(found === undefined || (found.name.length <= 255 && found.addresses.length <= 32));
      assert.deepEqual(parseDns(bytes), found);
    }),
    { numRuns: 3000 },
  );
});

test('IPv6 as RFC 5952 writes it', () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
  assert.equal(ipv6Text(bytes('00000000000000000000000000000001')), '::1');
  assert.equal(ipv6Text(bytes('20010db8000000010001000100010001')), '2001:db8:0:1:1:1:1:1');
  assert.equal(ipv6Text(bytes('fe800000000000000000000000000000')), 'fe80::');
});

test('names of addresses and names with a search path are folded; a container has a bounded number', () => {
  assert.equal(foldDomain('4.3.2.1.in-addr.arpa'), 'IP.in-addr.arpa');
  assert.equal(foldDomain('ip-10-0-0-1.ec2.internal'), 'IP.ec2.internal');
  assert.equal(foldDomain('shop.com.default.svc.cluster.local'), 'shop.com.search_path_suffix');
  assert.equal(foldDomain('shop.example.com'), 'shop.example.com');
  const names = new DomainNames(2);
  assert.deepEqual(
    ['a', 'b', 'c', 'a'].map((one) => names.label('x', one)),
    ['a', 'b', '~other', 'a'],
  );
  assert.equal(names.label('y', 'c'), 'c');
  assert.equal(names.folded, 1);
});
