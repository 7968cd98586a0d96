import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { amqpMethodName } from './amqp-methods.ts';
import { amqp } from './amqp.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { captured } from './testdata/captured.ts';
import { amqpMethod, amqpShort } from './testdata/samples/amqp.ts';
import { big, bytes, concat } from './testdata/samples/common.ts';

const describe = (payload: Uint8Array, response: Uint8Array = new Uint8Array(0)) =>
  amqp.describe(captured(payload, { response }), new PreparedStatements());

test('names of methods are those of the amqplib client', () => {
  const require = createRequire(import.meta.url);
  const definitions = require(join(dirname(require.resolve('amqplib')), 'lib/defs.js')) as Record<
    string,
    unknown
  >;
  const kebab = (name: string) => name.replace(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  let compared = 0;
  for (const [key, id] of Object.entries(definitions)) {
    const [, className, method] =
      /^(Connection|Channel|Exchange|Queue|Basic|Confirm|Tx)([A-Z]\w+)$/.exec(key) ?? [];
    if (!className || !method || typeof id !== 'number' || key.endsWith('Properties')) continue;
    const expected = className === 'Basic' ? kebab(method) : `${kebab(className)}.${kebab(method)}`;
    assert.equal(amqpMethodName(id >> 16, id & 0xffff), expected);
    compared++;
  }
  assert.ok(compared > 50, `${compared}`);
});

test('routing keys are folded, queues named by the server too', () => {
  const publish = amqpMethod([60, 40], big(2, 0), amqpShort('orders'), amqpShort('eu.42.paid'), big(1, 0));
  assert.equal(describe(publish).attributes[SPAN_ATTRIBUTES.messagingRoutingKey], 'eu.*.paid');
  const queue = amqpMethod(
    [60, 20],
    big(2, 0),
    amqpShort('amq.gen-JzTY20BRgKO-HjmUJj0wLg'),
    amqpShort('tag'),
  );
  assert.equal(describe(queue).spanName, 'consume amq.gen-*');
});

test('a cut name is no name', () => {
  const publish = amqpMethod([60, 40], big(2, 0), amqpShort('orders'), amqpShort('eu'), big(1, 0));
  assert.equal(describe(publish.subarray(0, 16)).spanName, 'publish');
  assert.equal(describe(publish.subarray(0, 20)).spanName, 'publish orders');
});

test('a close behind other frames, a normal close, a message that came back', () => {
  const ack = amqpMethod([60, 80], big(8, 1), big(1, 0));
  const refused = amqpMethod(
    [20, 40],
    big(2, 406),
    amqpShort('PRECONDITION_FAILED - unknown delivery tag 7'),
  );
  assert.equal(
    describe(ack, concat(ack, refused)).statusMessage,
    '406 PRECONDITION_FAILED: unknown delivery tag ?',
  );
  assert.equal(describe(amqpMethod([10, 50], big(2, 200), amqpShort('bye'))).failed, false);
  const returned = amqpMethod(
    [60, 50],
    big(2, 312),
    amqpShort('NO_ROUTE'),
    amqpShort('orders'),
    amqpShort('x'),
  );
  assert.equal(describe(returned).attributes[SPAN_ATTRIBUTES.errorType], '312 NO_ROUTE');
});

test('what is no frame gives no name', () => {
  assert.equal(describe(bytes('AMQP\0\0\x09\x01')).spanName, 'rabbitmq');
});
