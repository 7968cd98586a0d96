import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KAFKA_METRICS as K } from '@gumshoe/schema/metrics/kafka';
import { lastOf } from '../columns.ts';
import { SmallWorld } from '../testdata/small-world.ts';
import type { World } from '../world.ts';

const kafka = (small: SmallWorld, id: string): SmallWorld =>
  small
    .container(id)
    .gauge(C.applicationType, { machine_id: 'one', container_id: id, application_type: 'kafka' });

/** `application: group/topic lag`, for each application that has some. */
const lagsOf = ({ applications, window }: World): readonly string[] =>
  applications.flatMap(({ name, consumerLags }) =>
    consumerLags.map(({ group, topic, lag }) => `${name}: ${group}/${topic} ${lastOf(lag, window)}`),
  );

test('a consumer group belongs to its application, else to the only Kafka', () => {
  const small = kafka(new SmallWorld().node('one').container('/docker/billing'), '/docker/broker');
  const lag = (consumergroup: string, partition: string, value: number) =>
    small.gauge(K.consumerGroupLag, { consumergroup, topic: 'orders', partition }, {}, value);
  lag('billing', '0', 5);
  lag('billing', '1', 7);
  lag('bill', '0', 3);
  lag('', '0', 3);
  assert.deepEqual(lagsOf(small.build()), ['billing: billing/orders 12', 'broker: bill/orders 3']);
});

test('what two exporters tell counts once, and one of several Kafkas is nobody’s guess', () => {
  const small = kafka(new SmallWorld().node('one'), '/k8s/a/kafka-0/kafka');
  small.gauge(K.consumerGroupLag, { consumergroup: 'g', topic: 't', partition: '0' }, {}, 4);
  small.gauge(K.receiverGroupLag, { group: 'g', topic: 't', partition: '0' }, {}, 4);
  assert.deepEqual(lagsOf(small.build()), ['kafka: g/t 4']);
  kafka(small, '/k8s/b/kafka-0/kafka');
  assert.deepEqual(lagsOf(small.build()), []);
  small.gauge(K.receiverGroupLag, { group: 'h', topic: 't', partition: '0', namespace: 'b' }, {}, 9);
  assert.deepEqual(lagsOf(small.build()), ['kafka: h/t 9']);
});
