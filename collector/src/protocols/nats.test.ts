import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import fc from 'fast-check';
import { destinationShape } from './destination-shape.ts';
import { nats } from './nats.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { captured } from './testdata/captured.ts';
import { bytes } from './testdata/samples/common.ts';

const describe = (text: string) => nats.describe(captured(bytes(text)), new PreparedStatements());

test('verbs in any case, tabs, replies', () => {
  assert.equal(describe('pub\tjobs.new\t3\r\nabc\r\n').spanName, 'publish jobs.new');
  assert.equal(describe('PUB jobs.new _INBOX.a.b 3\r\nabc\r\n').spanName, 'request jobs.new');
  const delivered = describe('MSG jobs.new 9 _INBOX.a.b 3\r\nabc\r\n');
  assert.equal(delivered.spanName, 'deliver jobs.new');
  assert.equal(delivered.attributes[SPAN_ATTRIBUTES.messagingOperationType], 'receive');
  assert.equal(describe('SUB orders.* workers 3\r\n').spanName, 'subscribe orders.*');
  assert.equal(describe('GET / HTTP/1.1\r\n').spanName, 'nats');
});

test('a pull that found nothing is no failure', () => {
  assert.equal(describe('HMSG _INBOX.a 1 28 28\r\nNATS/1.0 404 No Messages\r\n\r\n\r\n').failed, false);
});

test('ids in names are folded', () => {
  const shapes: readonly (readonly [string, string])[] = [
    ['_INBOX.Vq0nLz3m.12', '_INBOX.*'],
    ['amq.gen-JzTY20BRgKO-HjmUJj0wLg', 'amq.gen-*'],
    ['users.550e8400-e29b-41d4-a716-446655440000.mail', 'users.*.mail'],
    ['device.00af31c9', 'device.*'],
    ['$JS.API.CONSUMER.MSG.NEXT.ORDERS.workers', '$JS.API.CONSUMER.MSG.NEXT.ORDERS.workers'],
    ['$JS.ACK.ORDERS.workers.1.5.5.1700000000.0', '$JS.ACK.*'],
    ['orders.v2.created', 'orders.v2.created'],
    ['a.b.c.d.e.f.g.h.i.j', 'a.b.c.d.e.f.g.h.>'],
  ];
  for (const [name, shape] of shapes) assert.equal(destinationShape(name), shape);
});

test('numbers of any length are folded, and folding twice changes nothing', () => {
  fc.assert(
    fc.property(fc.nat(), fc.stringMatching(/^[\w.-]{0,80}$/), (id, name) => {
      assert.equal(destinationShape(`a.${id}.b`), 'a.*.b');
      const once = destinationShape(name);
      assert.equal(destinationShape(once), once);
    }),
  );
});
