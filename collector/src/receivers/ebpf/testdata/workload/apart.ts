// Sends `count` requests, each in two writes, and waits for the answer of each. Arguments: kafka or mongodb, port, count.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { big, concat } from '../../../../protocols/testdata/samples/common.ts';
import { kafkaString, kafkaWire } from '../../../../protocols/testdata/samples/kafka.ts';
import { opMsg } from '../../../../protocols/testdata/samples/mongodb.ts';

const [protocol, port, count] = process.argv.slice(2);
const fetch = concat(big(4, 1), big(4, 0), big(4, 1), big(4, 9), big(1, 0), big(4, 1), kafkaString('orders'));
const request =
  protocol === 'kafka' ? kafkaWire([1, 4], false, fetch) : opMsg({ find: 'orders', filter: { a: 'secret' } });
const header = protocol === 'kafka' ? 4 : 16;
const answerSize = protocol === 'kafka' ? 18 : 38;

const socket = connect(Number(port), '127.0.0.1').setNoDelay();
await once(socket, 'connect');
for (let i = 0; i < Number(count); i++) {
  socket.write(request.subarray(0, header));
  await sleep(1);
  socket.write(request.subarray(header));
  for (let received = 0; received < answerSize;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received += chunk.length;
  }
}
socket.destroy();
