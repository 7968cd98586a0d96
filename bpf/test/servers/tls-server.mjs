// HTTPS server: tls-server.mjs PORT KEY CERTIFICATE [h2]. Prints `ready`, and at SIGTERM how many requests it answered.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createSecureServer } from 'node:http2';

const [port, key, certificate, version] = process.argv.slice(2);
const options = { key: readFileSync(key), cert: readFileSync(certificate) };
let answered = 0;
const answer = (request, response) => {
  answered++;
  response.statusCode = request.url.startsWith('/no') ? 404 : 200;
  response.end('x'.repeat(Number(/\d+$/.exec(request.url)?.[0] ?? 5)));
};
const server = version === 'h2' ? createSecureServer(options, answer) : createServer(options, answer);
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => {
  console.log(`answered ${answered}`);
  process.exit();
});
