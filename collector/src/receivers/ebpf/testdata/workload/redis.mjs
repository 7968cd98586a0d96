// PORT COUNT: RESP2, RESP3 with pushes, inline commands and pipelines; prints the server's own counters as JSON.
import { connect } from 'node:net';
import { once } from 'node:events';

const [port, count] = process.argv.slice(2).map(Number);
const command = (...words) => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

async function open() {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends, and waits until the answer matches. */
async function ask(socket, bytes, done) {
  let answer = '';
  socket.write(bytes);
  while (!done.test(answer)) answer += (await once(socket, 'data'))[0].toString('latin1');
  return answer;
}

const processed = async (socket) => {
  const info = await ask(socket, command('INFO', 'stats'), /total_commands_processed:\d+[^]*\r\n$/);
  return Number(/total_commands_processed:(\d+)/.exec(info)[1]);
};

const plain = await open();
const before = await processed(plain);
for (let i = 0; i < count; i++) await ask(plain, command('SET', `key${i}`, 'x'.repeat(i)), /\+OK\r\n$/);
const third = await open();
await ask(third, command('HELLO', '3'), /modules[^]*\r\n$/);
await ask(third, command('CLIENT', 'TRACKING', 'ON', 'BCAST'), /\+OK\r\n$/);
for (let i = 0; i < count; i++) {
  await ask(third, command('GET', `key${i}`), /\r\n$/);
  // invalidations are pushed between answers
  if (i % 10 === 0) await ask(plain, command('SET', `key${i}`, 'y'), /\+OK\r\n$/);
}
await ask(third, command('HGETALL', 'none'), /%0\r\n$/);
for (let i = 0; i < count; i++) await ask(plain, 'PING\r\n', /\+PONG\r\n$/);
await ask(plain, command('GET', 'key1').repeat(count), new RegExp(`(\\$1\\r\\n.\\r\\n){${count}}$`));
const after = await processed(plain);
plain.end();
third.end();
console.log(JSON.stringify({ commands: after - before }));
