// The shop's API: checks a session in Redis, asks the orders service, answers JSON. No tracing, no headers added.
import http from 'node:http';
import net from 'node:net';

const { PORT = '3000', REDIS_HOST, ORDERS_HOST, ORDERS_PORT = '8000', LISTEN = '0.0.0.0' } = process.env;
const ordersAgent = new http.Agent({ keepAlive: true, maxSockets: 64, scheduling: 'lifo' });
const BACKEND_TIMEOUT_MS = 8_000;

/** One command at a time on each connection, as a small pool. Bulk strings only. */
class RedisPool {
  constructor(host, size) {
    this.host = host;
    this.size = size;
    this.idle = [];
    this.waiting = [];
    this.open = 0;
  }

  command(parts) {
    return new Promise((resolve, reject) => {
      const job = { parts, resolve, reject };
      const connection = this.idle.pop();
      if (connection) this.send(connection, job);
      else if (this.open < this.size) this.connect(job);
      else if (this.waiting.length < 256) this.waiting.push(job);
      else reject(new Error('redis pool exhausted'));
    });
  }

  connect(job) {
    this.open++;
    const socket = net.connect(6379, this.host);
    socket.setNoDelay(true);
    const connection = { socket, job, text: '' };
    socket.on('connect', () => this.send(connection, job));
    socket.on('data', (chunk) => this.receive(connection, chunk));
    const end = (error) => {
      if (connection.closed) return;
      connection.closed = true;
      this.open--;
      this.idle = this.idle.filter((other) => other !== connection);
      connection.job?.reject(error ?? new Error('redis closed the connection'));
      socket.destroy();
    };
    socket.setTimeout(0);
    socket.on('error', end);
    socket.on('close', () => end());
    socket.on('timeout', () => end(new Error('redis timed out')));
  }

  send(connection, job) {
    connection.job = job;
    connection.text = '';
    connection.socket.setTimeout(BACKEND_TIMEOUT_MS);
    connection.socket.write(
      `*${job.parts.length}\r\n${job.parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`,
    );
  }

  receive(connection, chunk) {
    connection.text += chunk;
    const line = connection.text.indexOf('\r\n');
    if (line < 0) return;
    if (connection.text[0] === '$') {
      const length = Number(connection.text.slice(1, line));
      if (length >= 0 && connection.text.length < line + 2 + length + 2) return;
    }
    const job = connection.job;
    connection.job = undefined;
    connection.socket.setTimeout(0);
    const failed = connection.text[0] === '-';
    if (failed) job.reject(new Error(connection.text.slice(1, line)));
    else job.resolve(connection.text.slice(line + 2).trimEnd());
    const next = this.waiting.shift();
    if (next) this.send(connection, next);
    else this.idle.push(connection);
  }
}

const redis = new RedisPool(REDIS_HOST, 16);

function askOrders(method, path) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: ORDERS_HOST,
        port: Number(ORDERS_PORT),
        method,
        path,
        agent: ordersAgent,
        timeout: BACKEND_TIMEOUT_MS,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode, body }));
      },
    );
    request.on('timeout', () => request.destroy(new Error('orders timed out')));
    request.on('error', reject);
    request.end();
  });
}

const leaked = [];
let leaking = false;
process.on('SIGUSR2', () => (leaking = !leaking));

async function serve(request, response) {
  const url = new URL(request.url, 'http://api');
  if (leaking) leaked.push(Buffer.alloc(512 * 1024, leaked.length & 0xff));
  if (url.pathname === '/healthz') return void response.end('ok');
  const user = url.searchParams.get('user') ?? '1';
  const session = await redis.command(['GET', `session:${user}`]);
  const orders = await askOrders(
    request.method === 'POST' ? 'POST' : 'GET',
    `/orders?user=${encodeURIComponent(user)}`,
  );
  response.writeHead(orders.status === 200 ? 200 : 502, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ session, orders: orders.status === 200 ? JSON.parse(orders.body) : [] }));
}

http
  .createServer((request, response) => {
    serve(request, response).catch((error) => {
      console.log(`${new Date().toISOString()} ERROR checkout failed: ${error.message}`);
      if (!response.headersSent) response.writeHead(503);
      response.end();
    });
  })
  .on('listening', () => console.log(`${new Date().toISOString()} INFO api listening on ${PORT}`))
  .listen(Number(PORT), LISTEN);
