// Serves /checkout by asking the backend, and /status/<code> by itself. Keep-alive both ways.
import http from 'node:http';

const [port, backendPort] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function ask(path) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port: backendPort, path, agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      })
      .on('error', reject);
  });
}

async function serve(request, response) {
  const status = /^\/status\/(\d+)/.exec(request.url)?.[1];
  response.statusCode = status ? Number(status) : await ask('/orders/42?token=secret');
  response.end('done');
}

http
  .createServer((request, response) => {
    serve(request, response).catch(() => {
      response.statusCode = 502;
      response.end();
    });
  })
  .listen(port, '127.0.0.1', () => console.log('ready'));
