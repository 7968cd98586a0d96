// SERVER COUNT: queries over UDP and TCP; prints how many of each outcome as JSON.
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { once } from 'node:events';

const [server, count] = [process.argv[2], Number(process.argv[3])];
const resolver = new Resolver({ timeout: 2000, tries: 1 });
resolver.setServers([server]);
const outcomes = {};
const note = (outcome) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1);
for (let i = 0; i < count; i++) {
  await resolver.resolve4('shop.test').then(() => note('ok'), (error) => note(error.code));
  await resolver.resolve4('missing.test').then(() => note('ok'), (error) => note(error.code));
}

const label = (name) => [...name.split('.').flatMap((part) => [part.length, ...Buffer.from(part)]), 0];
const query = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...label('shop.test'), 0, 1, 0, 1]);
const length = Buffer.alloc(2);
length.writeUInt16BE(query.length);
const socket = connect(53, server);
await once(socket, 'connect');
socket.write(Buffer.concat([length, query]));
await once(socket, 'data');
socket.end();
console.log(JSON.stringify(outcomes));
