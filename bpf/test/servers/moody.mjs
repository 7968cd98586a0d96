// Answers by path, or does not: /ok /error /slow (100 ms) /slow/<ms> /work/<number> (5 ms) /never /reset /close /die.
//   node moody.mjs <port> [address]
import http from 'node:http';

const [port, address = '127.0.0.1'] = process.argv.slice(2);
const moods = {
  '/ok': (_, response) => response.end('ok'),
  '/error': (_, response) => response.writeHead(500).end(),
  '/slow': (request, response) => {
    request.resume();
    request.on('end', () => setTimeout(() => response.end('done'), 110));
  },
  '/never': () => {},
  '/reset': (request) => request.socket.resetAndDestroy(),
  '/close': (request) => request.socket.destroy(),
  '/die': () => process.exit(1),
};

http
  .createServer((request, response) => {
    const wait = /^\/slow\/(\d+)$/.exec(request.url);
    if (wait) setTimeout(() => response.end('done'), Number(wait[1]));
    else if (request.url.startsWith('/work/')) setTimeout(() => response.end('done'), 5);
    else moods[request.url](request, response);
  })
  .listen(Number(port), address, () => console.log('ready'));
