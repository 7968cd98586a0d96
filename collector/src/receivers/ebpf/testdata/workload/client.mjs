// Sends COUNT requests for PATH over CONNECTIONS keep-alive connections, when told to start by a line on stdin.
// Prints one JSON line: statuses and what the client itself measured, in ms.
import http from 'node:http';
import { once } from 'node:events';

const [port, path, count, connections] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(connections) });
const result = { statuses: {}, totalMs: 0, maxMs: 0 };

function one() {
  return new Promise((resolve) => {
    const started = performance.now();
    const done = (status) => {
      const took = performance.now() - started;
      result.statuses[status] = (result.statuses[status] ?? 0) + 1;
      result.totalMs += took;
      result.maxMs = Math.max(result.maxMs, took);
      resolve();
    };
    http
      .get({ host: '127.0.0.1', port: Number(port), path, agent }, (response) => {
        response.resume();
        response.on('end', () => done(response.statusCode));
      })
      .on('error', () => done('error'));
  });
}

console.log('ready');
await once(process.stdin, 'data');
let left = Number(count);
await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    while (left-- > 0) await one();
  }),
);
console.log(JSON.stringify(result));
agent.destroy();
process.exit(0);
