import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListenIndex, type Owner, type Place } from './listen-index.ts';

const index = () => new ListenIndex<string>({ tolerance: 10, groupOf: (subject) => subject.split('/')[0] });
const at = (node: string, netns = node, cluster = ''): Place => ({ node, netns, cluster });
const owner = (subject: string, place = at('n'), from = -Infinity, to = Infinity): Owner<string> => ({
  subject,
  place,
  from,
  to,
});
const named = (listens: ListenIndex<string>, address: string, from = at('x')): readonly string[] =>
  listens.resolve(address, from).map(({ subject, certain }) => subject + (certain ? '' : '?'));

test('names who listens on an address', () => {
  const listens = index();
  listens.add('10.0.0.1:80', owner('a'));
  assert.deepEqual(named(listens, '10.0.0.1:80'), ['a']);
  assert.deepEqual(named(listens, '10.0.0.2:80'), []);
});

test('an address that was handed over belongs to each owner in its time', () => {
  const listens = index();
  listens.add('10.0.0.1:80', owner('new', at('n'), 100));
  listens.add('10.0.0.1:80', owner('old', at('m'), -Infinity, 95));
  assert.deepEqual(listens.resolve('10.0.0.1:80', at('x')), [
    { subject: 'old', from: -Infinity, to: 95, certain: true },
    { subject: 'new', from: 95, to: Infinity, certain: true },
  ]);
});

test('a pod that took an address over ends every guess about the last owner, whatever its ports', () => {
  const listens = index();
  listens.add('10.0.0.1:80', owner('old', at('n'), -Infinity, 100));
  listens.add('10.0.0.1:9090', owner('other', at('n'), 500));
  const last = listens.resolve('10.0.0.1:80', at('x')).at(-1)!;
  assert.deepEqual(last, { subject: 'old', from: 110, to: 500, certain: false });
  listens.addHost('10.0.0.1', owner('other', at('n'), 300));
  assert.deepEqual(named(listens, '10.0.0.1:80'), ['old', 'old?', 'other']);
});

test('another port of an address that one subject owns is its own too', () => {
  const listens = index();
  listens.add('10.0.0.1:80', owner('a'));
  assert.deepEqual(named(listens, '10.0.0.1:9999'), ['a']);
  listens.add('10.0.0.1:81', owner('b'));
  assert.deepEqual(named(listens, '10.0.0.1:9999'), []);
});

test('a host’s address names nobody on a port that nobody is known to serve', () => {
  const listens = index();
  listens.add('192.168.1.5:80', owner('web', at('one')));
  listens.addNodeIp('192.168.1.5', at('one'));
  assert.deepEqual(named(listens, '192.168.1.5:9090'), []);
  assert.deepEqual(named(listens, '192.168.1.5:80'), ['web']);
});

test('loopback stays within its network namespace', () => {
  const listens = index();
  listens.add('127.0.0.1:6379', owner('host redis', at('one')));
  listens.add('[::1]:6379', owner('other host', at('two')));
  listens.add('127.0.0.1:6379', owner('pod redis', at('one', 'pod-a')), false);
  assert.deepEqual(named(listens, '127.0.0.1:6379', at('one')), ['host redis']);
  assert.deepEqual(named(listens, '127.0.0.1:6379', at('two')), ['other host']);
  assert.deepEqual(named(listens, '127.0.0.1:6379', at('one', 'pod-a')), ['pod redis']);
  assert.deepEqual(named(listens, '127.0.0.1:6379', at('one', 'pod-b')), []);
});

test('wildcard listeners answer on the addresses of their node', () => {
  const listens = index();
  listens.add('0.0.0.0:5432', owner('db', at('one')));
  listens.add('[::]:8080', owner('published', at('one', 'docker')), false);
  listens.addNodeIp('192.168.1.5', at('one'));
  listens.addNodeIp('fd00::5', at('one'));
  assert.deepEqual(named(listens, '192.168.1.5:5432'), ['db']);
  assert.deepEqual(named(listens, '[fd00::5]:8080'), ['published']);
  assert.deepEqual(named(listens, '127.0.0.1:5432', at('one')), ['db']);
  assert.deepEqual(named(listens, '127.0.0.1:8080', at('one')), []);
});

test('an address that several machines have at once means the caller’s own', () => {
  const listens = index();
  listens.add('172.18.0.2:80', owner('a', at('one')));
  listens.add('172.18.0.2:80', owner('b', at('two')));
  assert.deepEqual(named(listens, '172.18.0.2:80', at('two')), ['b']);
  assert.deepEqual(named(listens, '172.18.0.2:80', at('three')), []);
  listens.add('172.17.0.2:80', owner('c', at('one')));
  assert.deepEqual(named(listens, '172.17.0.2:80', at('one')), ['c']);
  assert.deepEqual(named(listens, '172.17.0.2:80', at('two')), []);
});

test('replicas behind one address answer for one another', () => {
  const listens = index();
  listens.add('10.0.0.9:80', owner('vip/1', at('one')));
  listens.add('10.0.0.9:80', owner('vip/2', at('two')));
  assert.ok(named(listens, '10.0.0.9:80')[0]?.startsWith('vip/'));
});

test('clusters share public addresses only', () => {
  const listens = index();
  listens.add('10.0.0.1:80', owner('east', at('one', 'one', 'east')));
  listens.add('34.1.2.3:443', owner('edge', at('one', 'one', 'east')));
  assert.deepEqual(named(listens, '10.0.0.1:80', at('two', 'two', 'west')), []);
  assert.deepEqual(named(listens, '34.1.2.3:443', at('two', 'two', 'west')), ['edge']);
});

test('IPv6 and IPv4 in IPv6 are read in every spelling', () => {
  const listens = index();
  listens.add('[2001:DB8::1]:80', owner('six'));
  listens.add('[::ffff:10.0.0.7]:80', owner('mapped'));
  assert.deepEqual(named(listens, '[2001:db8::1]:80'), ['six']);
  assert.deepEqual(named(listens, '10.0.0.7:80'), ['mapped']);
});

test('loopback of an unknown machine is whose who alone has that port open on a machine', () => {
  const listens = index();
  const unknown = at('', '');
  listens.add('127.0.0.1:5432', owner('db', at('one')));
  listens.add('0.0.0.0:5432', owner('pod', at('two', 'two pod shop/db')));
  assert.deepEqual(named(listens, '127.0.0.1:5432', unknown), ['db']);
  assert.deepEqual(named(listens, '127.0.0.1:6379', unknown), []);
  listens.add('0.0.0.0:5432', owner('other', at('two')));
  assert.deepEqual(named(listens, '127.0.0.1:5432', unknown), []);
});
