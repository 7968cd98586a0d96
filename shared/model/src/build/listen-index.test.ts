import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListenIndex } from './listen-index.ts';

const index = () => new ListenIndex<string>();

test('names who listens on an address', () => {
  const listens = index();
  listens.add('10.0.0.1:80', { subject: 'a', node: 'n', from: 5 });
  assert.deepEqual(listens.resolve('10.0.0.1:80', 'x'), [{ subject: 'a', from: -Infinity, to: Infinity }]);
  assert.deepEqual(listens.resolve('10.0.0.2:80', 'x'), []);
});

test('an address that was handed over belongs to each owner in its time', () => {
  const listens = index();
  listens.add('10.0.0.1:80', { subject: 'new', node: 'n', from: 100 });
  listens.add('10.0.0.1:80', { subject: 'old', node: 'n', from: 5 });
  assert.deepEqual(listens.resolve('10.0.0.1:80', 'x'), [
    { subject: 'old', from: -Infinity, to: 100 },
    { subject: 'new', from: 100, to: Infinity },
  ]);
});

test('another port of an address that one subject owns is its own too', () => {
  const listens = index();
  listens.add('10.0.0.1:80', { subject: 'a', node: 'n', from: 0 });
  assert.equal(listens.resolve('10.0.0.1:9999', 'x')[0]?.subject, 'a');
  listens.add('10.0.0.1:81', { subject: 'b', node: 'n', from: 0 });
  assert.deepEqual(listens.resolve('10.0.0.1:9999', 'x'), []);
});

test('a host’s address names nobody on a port that nobody is known to serve', () => {
  const listens = index();
  listens.add('192.168.1.5:80', { subject: 'web', node: 'one', from: 0 });
  listens.addNodeIp('192.168.1.5', 'one');
  assert.deepEqual(listens.resolve('192.168.1.5:9090', 'two'), []);
  assert.equal(listens.resolve('192.168.1.5:80', 'two')[0]?.subject, 'web');
});

test('loopback is answered by the client’s own node', () => {
  const listens = index();
  listens.add('127.0.0.1:6379', { subject: 'here', node: 'one', from: 0 });
  listens.add('127.0.0.1:6379', { subject: 'there', node: 'two', from: 0 });
  assert.equal(listens.resolve('127.0.0.1:6379', 'two')[0]?.subject, 'there');
});

test('wildcard listeners answer on the addresses of their node', () => {
  const listens = index();
  listens.add('0.0.0.0:5432', { subject: 'db', node: 'one', from: 0 });
  listens.addNodeIp('192.168.1.5', 'one');
  assert.equal(listens.resolve('192.168.1.5:5432', 'two')[0]?.subject, 'db');
  assert.equal(listens.resolve('127.0.0.1:5432', 'one')[0]?.subject, 'db');
});
