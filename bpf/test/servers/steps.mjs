// Sends as many requests as each line on stdin says, one after the other, always over the same connection.
//   node steps.mjs <port>
import http from 'node:http';
import readline from 'node:readline';

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const sockets = new Set();
let sent = 0;

function send() {
  return new Promise((resolve, reject) => {
    const request = http.get({
      host: '127.0.0.1',
      port: Number(process.argv[2]),
      path: `/step/${sent++}`,
      agent,
    });
    request.on('socket', (socket) => sockets.add(socket));
    request.on('response', (response) => response.resume().on('end', resolve));
    request.on('error', reject);
  });
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  for (let i = 0; i < Number(line); i++) await send();
  console.log(JSON.stringify({ sent, connections: sockets.size }));
}
