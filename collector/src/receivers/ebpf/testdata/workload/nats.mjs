// Publishes and receives `count` messages, one request with an answer, one without a responder.
import { connect, StringCodec } from 'nats';

const [port, count] = process.argv.slice(2).map(Number);
const text = StringCodec();
const connection = await connect({ servers: `127.0.0.1:${port}` });
const received = connection.subscribe('orders.*.paid', { max: count });
connection.subscribe('stock.check', { callback: (_error, message) => message.respond(text.encode('5')) });
await connection.flush();
for (let i = 0; i < count; i++) connection.publish(`orders.${i}.paid`, text.encode(`secret-${i}`));
for await (const message of received) if (message.data.length === 0) throw new Error('empty');
await connection.request('stock.check', text.encode('secret-question'));
const missing = await connection.request('nobody.listens', text.encode('x')).catch((error) => error.code);
await connection.close();
process.stdout.write(`${JSON.stringify({ missing })}\n`);
