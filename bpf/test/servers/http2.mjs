// HTTP/2 without TLS. serve PORT, or: load PORT REQUESTS CONNECTIONS; prints what it saw as JSON.
import { connect, createServer } from 'node:http2';

const [mode, port, requests, connections] = process.argv.slice(2);

function serve() {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const path = String(headers[':path']);
    stream.resume();
    stream.on('end', () => {
      stream.respond({ ':status': path.startsWith('/fail') ? 503 : 200, 'x-path': path });
      stream.end(path.startsWith('/large') ? Buffer.alloc(100_000, 'x') : 'hello');
    });
  });
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
}

function ask(session, path, body) {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ':path': path, ':method': body ? 'POST' : 'GET', 'x-request': path },
      { endStream: !body },
    );
    let status = 0;
    stream.on('response', (headers) => (status = Number(headers[':status'])));
    stream.on('data', () => {});
    stream.on('end', () => resolve(status));
    stream.on('error', reject);
    if (body) stream.end(body);
  });
}

async function load() {
  const statuses = {};
  const sessions = Array.from({ length: Number(connections) }, () => connect(`http://127.0.0.1:${port}`));
  for (const session of sessions) {
    const kinds = ['/plain/', '/fail/', '/large/', '/post/'];
    const all = Array.from({ length: Number(requests) }, (_, i) => {
      const kind = kinds[i % kinds.length];
      return ask(session, `${kind}${i}`, kind === '/post/' ? 'y'.repeat(50_000) : undefined);
    });
    for (const status of await Promise.all(all)) statuses[status] = (statuses[status] ?? 0) + 1;
  }
  for (const session of sessions) session.close();
  console.log(JSON.stringify(statuses));
}

if (mode === 'serve') serve();
else await load();
