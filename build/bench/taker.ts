// A store that takes everything at once and keeps nothing: what a collector does is then not held up by a real one on
// the same cores. Prints where it listens as one line of JSON.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ ready: true, clickhouse: url, prometheus: url })}\n`);
});
