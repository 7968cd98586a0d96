// Text, meta and binary commands, each answered before the next; prints the server's own counts.
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);

function open() {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  return {
    socket,
    ask: (request) =>
      new Promise((resolve) => {
        socket.once('data', resolve);
        socket.write(request);
      }),
  };
}

function binary(opcode, key, value = '', extras = 0) {
  const header = Buffer.alloc(24);
  header.set([0x80, opcode]);
  header.writeUInt16BE(key.length, 2);
  header[4] = extras;
  header.writeUInt32BE(key.length + value.length + extras, 8);
  return Buffer.concat([header, Buffer.alloc(extras), Buffer.from(key), Buffer.from(value)]);
}

const text = open();
for (let i = 0; i < count; i++) {
  await text.ask(`set session:${i} 0 60 8\r\nsecret-1\r\n`);
  await text.ask(`get session:${i} session:x\r\n`);
}
await text.ask('get missing\r\n');
await text.ask('incr session:0 1\r\n');
await text.ask('mg session:0 t v\r\n');
const second = open();
for (let i = 0; i < count; i++) await second.ask(binary(0x01, `bin:${i}`, 'secret-2', 8));
await second.ask(binary(0x00, 'bin:0'));
second.socket.destroy();
const answer = String(await text.ask('stats\r\n'));
text.socket.destroy();
const stat = (name) => Number(new RegExp(`STAT ${name} (\\d+)`).exec(answer)?.[1]);
process.stdout.write(`${JSON.stringify({ sets: stat('cmd_set'), gets: stat('cmd_get') })}\n`);
