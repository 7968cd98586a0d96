// The middle of the chain: an unmodified event loop with pooled connections. Asks Redis over one shared
// connection, then the orders service, for every request.
//   node api.mjs <port> <redis port> <orders port>
import http from 'node:http';
import net from 'node:net';

const [port, redisPort, ordersPort] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true });

/** Commands in, replies out, in order, on one connection. Only the replies this program asks for. */
function connectRedis(redis) {
  const waiting = [];
  const socket = net.connect(redis, '127.0.0.1');
  let buffered = '';
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    buffered += chunk.toString('latin1');
    for (let reply = takeReply(); reply !== undefined; reply = takeReply()) waiting.shift()(reply);
  });
  function takeReply() {
    const end = buffered.indexOf('\r\n');
    if (end < 0) return undefined;
    const length = buffered[0] === '$' ? Number(buffered.slice(1, end)) : -1;
    const stop = length < 0 ? end + 2 : end + 2 + length + 2;
    if (buffered.length < stop) return undefined;
    const reply = length < 0 ? buffered.slice(1, end) : buffered.slice(end + 2, stop - 2);
    buffered = buffered.slice(stop);
    return reply;
  }
  return (...words) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
    });
}

function getOrder(path) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port: ordersPort, path, agent }, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode, body }));
      })
      .on('error', reject);
  });
}

const redis = redisPort ? connectRedis(redisPort) : undefined;

const server = http.createServer(async (request, response) => {
  try {
    const id = request.url.split('/').pop();
    const cached = redis ? await redis('GET', `order:${id}`) : '';
    const order = await getOrder(`/orders/${id}`);
    response.writeHead(order.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ cached, order: order.body }));
  } catch (error) {
    response.writeHead(502);
    response.end(String(error));
  }
});
server.keepAliveTimeout = 60_000;
server.listen(port, '127.0.0.1', () => console.log('ready'));
