// Official clients of MongoDB and Kafka, and Cassandra's v4 and v5 by hand. Arguments: ports of the three.
import { connect } from 'node:net';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { big, bytes, concat } from '../../../../protocols/testdata/samples/common.ts';
import { cqlFrame, cqlLong, cqlShort, cqlWire } from '../../../../protocols/testdata/samples/cassandra.ts';

const COUNT = 40;
const [mongo, kafka, cassandra] = process.argv.slice(2).map(Number) as [number, number, number];

const client = new MongoClient(`mongodb://127.0.0.1:${mongo}/?directConnection=true`, { monitorCommands: false });
const orders = client.db('shop').collection('orders');
for (let i = 0; i < COUNT; i++) await orders.insertOne({ mail: `secret-${i}` });
await Promise.all(Array.from({ length: COUNT }, (_, i) => orders.find({ mail: `secret-${i}` }).toArray()));
await client.db('shop').command({ count: 'orders', query: { mail: 'secret' } }).catch(() => undefined);
await client.close();

const broker = new Kafka({ clientId: 'shop-api', brokers: [`127.0.0.1:${kafka}`], logLevel: logLevel.NOTHING });
const producer = broker.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();
for (let i = 0; i < COUNT; i++) await producer.send({ topic: 'orders', messages: [{ value: `secret-${i}` }] });
await producer.disconnect();

/** Sends `requests` at once, envelope by envelope on streams from 1 on, and waits for their answers; with `together` in one frame. */
async function converse(version: number, requests: readonly Uint8Array[], together = false): Promise<void> {
  const socket = connect(cassandra, '127.0.0.1').setNoDelay();
  let answers = 0;
  const onStream = (request: Uint8Array, stream: number): Uint8Array => {
    const copy = Uint8Array.from(request);
    copy.set([version, 0, stream >> 8, stream]);
    return version === 5 && stream > 0 && !together ? cqlFrame(copy) : copy;
  };
  await new Promise((resolve) => {
    socket.once('data', resolve);
    socket.write(onStream(cqlWire(4, 1, big(2, 1), cqlShort(bytes('CQL_VERSION')), cqlShort(bytes('3.0.0'))), 0));
  });
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      for (let at = data.indexOf(0x80 | version); at >= 0; at = data.indexOf(0x80 | version, at + 9)) answers++;
      if (answers >= requests.length) resolve();
    });
    const all = concat(...requests.map((request, i) => onStream(request, i + 1)));
    socket.write(together ? cqlFrame(all) : all);
  });
  socket.destroy();
}

const prepare = cqlWire(4, 9, cqlLong('INSERT INTO shop.users (id) VALUES (?)'));
const execute = cqlWire(4, 0x0a, cqlShort(bytes('0123456789abcdef')), big(3, 0));
const select = cqlWire(4, 7, cqlLong("SELECT a FROM shop.orders WHERE id = 'secret'"), big(3, 1));
const broken = cqlWire(4, 7, cqlLong("SELECT broken FROM shop.orders WHERE id = 'secret'"), big(3, 1));
await converse(4, [prepare]);
await converse(4, [...Array.from({ length: COUNT }, () => select), execute, broken]);
await converse(5, [select, execute, broken]);
await converse(5, [select, select, broken, execute, select], true);
process.exit();
