// HTTP/2 over TLS: http2-server.mjs PORT KEY CERTIFICATE
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const [port, key, certificate] = process.argv.slice(2);
createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) =>
  response.end(`hello ${request.url}`),
).listen(Number(port), '127.0.0.1');
