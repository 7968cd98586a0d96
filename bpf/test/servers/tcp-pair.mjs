// Both ends of one connection in one process; obeys lines on stdin and prints a JSON line for each:
//   open            listen, connect, say both ports
//   send <n> <m>    client sends n bytes, server sends m bytes; answered once both have arrived
//   push <n>        client sends n bytes
//   pause, resume   the server stops reading, and goes on
//   close           client closes, then the server, then the listener
import net from 'node:net';
import readline from 'node:readline';

let listener;
let client;
let server;
const say = (value) => console.log(JSON.stringify({ pid: process.pid, ...value }));

function receive(socket, bytes) {
  return new Promise((resolve) => {
    if (!bytes) return resolve();
    let received = 0;
    socket.on('data', function onData(chunk) {
      received += chunk.length;
      if (received < bytes) return;
      socket.off('data', onData);
      resolve();
    });
  });
}

const commands = {
  async open() {
    listener = net.createServer();
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const accepted = new Promise((resolve) => listener.once('connection', resolve));
    client = net.connect(listener.address().port, '127.0.0.1');
    await new Promise((resolve) => client.once('connect', resolve));
    server = await accepted;
    say({ listening: listener.address().port, client: client.localPort });
  },
  async send(toServer, toClient) {
    const arrived = Promise.all([receive(server, toServer), receive(client, toClient)]);
    if (toServer) client.write(Buffer.alloc(toServer, 'c'));
    if (toClient) server.write(Buffer.alloc(toClient, 's'));
    await arrived;
    say({ sent: [toServer, toClient] });
  },
  /** One way, without waiting: for lossy networks. */
  async push(bytes) {
    client.write(Buffer.alloc(bytes, 'c'));
    say({ pushed: bytes });
  },
  async pause() {
    server.pause();
    say({ paused: true });
  },
  async resume() {
    server.resume();
    say({ resumed: true });
  },
  async close() {
    const ended = new Promise((resolve) => server.once('end', resolve));
    client.end();
    server.resume();
    await ended;
    server.end();
    await new Promise((resolve) => listener.close(resolve));
    say({ closed: true });
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [name, ...numbers] = line.split(' ');
  await commands[name](...numbers.map(Number));
}
