// PORT COUNT: text, meta and binary commands, one after the other; prints the server's own counters as JSON.
import { connect } from 'node:net';
import { once } from 'node:events';

const [port, count] = process.argv.slice(2).map(Number);

async function ask(socket, bytes) {
  socket.write(bytes);
  const [answer] = await once(socket, 'data');
  return answer.toString('latin1');
}

function binary(opcode, key) {
  const head = Buffer.alloc(24);
  head[0] = 0x80;
  head[1] = opcode;
  head.writeUInt16BE(key.length, 2);
  head.writeUInt32BE(key.length, 8);
  return Buffer.concat([head, Buffer.from(key)]);
}

const text = connect(port, '127.0.0.1');
await once(text, 'connect');
for (let i = 0; i < count; i++) {
  await ask(text, `set key${i} 0 0 5\r\nhello\r\n`);
  await ask(text, `get key${i}\r\n`);
  if (i % 4 === 0) await ask(text, `mg key${i} v\r\n`);
}
await ask(text, 'incr key1 1\r\n');
const other = connect(port, '127.0.0.1');
await once(other, 'connect');
for (let i = 0; i < count; i++) await ask(other, binary(0x00, `key${i}`));
other.end();
const stats = await ask(text, 'stats\r\n');
const of = (name) => Number(new RegExp(`STAT ${name} (\\d+)`).exec(stats)[1]);
text.end();
console.log(JSON.stringify({ get: of('cmd_get'), set: of('cmd_set'), incr: of('incr_misses') + of('incr_hits') }));
