import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { PreparedStatements } from '../prepared-statements.ts';
import { captured } from '../testdata/captured.ts';
import { big, concat } from '../testdata/samples/common.ts';
import { kafkaAnswer, kafkaString, kafkaWire } from '../testdata/samples/kafka.ts';
import { kafka } from './kafka.ts';
import { KAFKA_APIS } from './apis.ts';
import { KAFKA_ERRORS } from './errors.ts';

type Encode = (version: number, request: object) => Promise<Uint8Array>;
const require = createRequire(import.meta.url);
const client = 'kafkajs/src/protocol';
const encodeRequest = require(`${client}/request`) as (request: object) => Promise<{ buffer: Uint8Array }>;

/** A request as the kafkajs client writes it. */
function encoder(folder: string): Encode {
  const { protocol } = require(`${client}/requests/${folder}`) as {
    protocol: (options: { version: number }) => (arguments_: object) => { request: object };
  };
  return async (version, content) => {
    const { request } = protocol({ version })(content);
    return (await encodeRequest({ correlationId: 5, clientId: 'shop-api', request })).buffer;
  };
}

const describe = (payload: Uint8Array, response: Uint8Array = new Uint8Array(0)) =>
  kafka.describe(captured(payload, { response }), new PreparedStatements());

const topics = [
  { topic: 'orders', partitions: [{ partition: 0, offset: '1', fetchOffset: 1, maxBytes: 9 }] },
];

test('requests of the kafkajs client, each version it speaks', async () => {
  const cases: readonly (readonly [string, number, object, string])[] = [
    ['fetch', 11, { maxWaitTime: 500, minBytes: 1, maxBytes: 1000, topics, rackId: '' }, 'Fetch orders'],
    ['offsetFetch', 4, { groupId: 'g', topics }, 'OffsetFetch orders'],
    [
      'offsetCommit',
      5,
      { groupId: 'g', groupGenerationId: 1, memberId: 'm', retentionTime: 1, topics },
      'OffsetCommit orders',
    ],
    ['metadata', 6, { topics: ['orders'], allowAutoTopicCreation: true }, 'Metadata orders'],
    ['heartbeat', 3, { groupId: 'g', groupGenerationId: 1, memberId: 'm' }, 'Heartbeat'],
    ['listOffsets', 3, { replicaId: -1, isolationLevel: 1, topics }, 'ListOffsets orders'],
    [
      'createTopics',
      3,
      { topics: [{ topic: 'orders', numPartitions: 1 }], validateOnly: false, timeout: 1 },
      'CreateTopics orders',
    ],
    ['deleteTopics', 1, { topics: ['orders'], timeout: 1 }, 'DeleteTopics orders'],
  ];
  for (const [folder, newest, content, spanName] of cases) {
    for (let version = folder === 'offsetFetch' ? 1 : 0; version <= newest; version++) {
      const wire = await encoder(folder)(version, content);
      const { spanName: name, attributes } = describe(wire);
      assert.equal(name, spanName, `${folder} v${version}`);
      assert.equal(attributes[SPAN_ATTRIBUTES.protocolVersion], String(version));
      assert.equal(attributes[SPAN_ATTRIBUTES.messagingClient], 'shop-api');
    }
  }
});

test('names of requests and errors are those the client knows', () => {
  const keys = require(`${client}/requests/apiKeys`) as Record<string, number>;
  const renamedApis = new Map([
    ['GroupCoordinator', 'FindCoordinator'],
    ['ElectPreferredLeaders', 'ElectLeaders'],
  ]);
  for (const [name, key] of Object.entries(keys)) {
    assert.equal(KAFKA_APIS[key]?.name, renamedApis.get(name) ?? name);
  }
  const { errorCodes } = require(`${client}/error`) as {
    errorCodes: readonly { type: string; code: number }[];
  };
  const differing = errorCodes.filter(({ type, code }) => KAFKA_ERRORS.get(code) !== type);
  // What these were called when kafkajs was written.
  assert.deepEqual(differing.map(({ type }) => type).sort(), [
    'GROUP_COORDINATOR_NOT_AVAILABLE',
    'GROUP_LOAD_IN_PROGRESS',
    'NOT_COORDINATOR_FOR_GROUP',
    'NOT_LEADER_FOR_PARTITION',
    'UNKNOWN',
  ]);
});

test('groups, waiting requests, errors in front and of a partition', () => {
  const join = kafkaWire([11, 5], false, kafkaString('billing'), big(4, 1000));
  const { attributes } = describe(join);
  assert.equal(attributes[SPAN_ATTRIBUTES.messagingConsumerGroup], 'billing');
  assert.equal(attributes[SPAN_ATTRIBUTES.blocking], 'true');
  const failed = (code: number) => describe(join, kafkaAnswer(false, big(4, 0), big(2, code)));
  assert.equal(failed(25).statusMessage, 'UNKNOWN_MEMBER_ID');
  assert.equal(failed(79).failed, false);
  const fetch = kafkaWire(
    [1, 4],
    false,
    big(4, 0),
    big(4, 0),
    big(4, 0),
    big(4, 0),
    big(1, 0),
    big(4, 1),
    kafkaString('t'),
  );
  const partition = kafkaAnswer(
    false,
    big(4, 0),
    big(4, 1),
    kafkaString('t'),
    big(4, 1),
    big(4, 0),
    big(2, 1),
  );
  assert.equal(describe(fetch, partition).statusMessage, 'OFFSET_OUT_OF_RANGE');
  assert.equal(describe(fetch).attributes[SPAN_ATTRIBUTES.blocking], undefined);
});

test('bytes that are no request give no name', () => {
  assert.equal(describe(concat(big(4, 20), big(2, 200), big(2, 1), big(4, 1))).spanName, 'kafka');
  assert.equal(describe(new Uint8Array(0)).spanName, 'kafka');
});
