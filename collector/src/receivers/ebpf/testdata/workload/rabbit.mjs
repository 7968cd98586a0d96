// Publishes `count` messages through an exchange, receives all but one, fetches that one, and provokes an error.
import amqp from 'amqplib';

const [port, count] = process.argv.slice(2).map(Number);
const connection = await amqp.connect(`amqp://127.0.0.1:${port}?frameMax=131072`);
const channel = await connection.createConfirmChannel();
await channel.assertExchange('orders', 'topic');
await channel.assertQueue('mails');
await channel.bindQueue('mails', 'orders', 'eu.*.paid');
await channel.assertQueue('rest');
for (let i = 0; i < count; i++) channel.publish('orders', `eu.${i}.paid`, Buffer.from(`secret-${i}`));
channel.sendToQueue('rest', Buffer.from('secret-rest'));
await channel.waitForConfirms();
let delivered = 0;
await new Promise((resolve) => {
  void channel.consume('mails', (message) => {
    channel.ack(message);
    if (++delivered === count) resolve();
  });
});
await channel.get('rest', { noAck: true });
const { messageCount } = await channel.checkQueue('mails');
await connection.close();
process.stdout.write(`${JSON.stringify({ delivered, messageCount })}\n`);
