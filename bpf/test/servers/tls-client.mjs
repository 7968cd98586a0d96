// HTTPS client: tls-client.mjs PORT CERTIFICATE REQUESTS CONNECTIONS. Prints {statuses, failures}.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';

const [port, certificate, requests, connections] = process.argv.slice(2);
const agent = new Agent({
  ca: readFileSync(certificate),
  keepAlive: true,
  maxSockets: Number(connections),
  host: '127.0.0.1',
});
const statuses = {};
let [next, failures] = [0, 0];
const one = (path) =>
  new Promise((resolve) => {
    get({ agent, host: '127.0.0.1', port: Number(port), path }, (response) => {
      statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
      response.resume().on('end', resolve);
    }).on('error', () => {
      failures++;
      resolve();
    });
  });
const worker = async () => {
  while (next < Number(requests)) {
    const i = next++;
    await one(`${i % 10 === 0 ? '/no' : '/item'}/${i % 3 === 0 ? 40_000 : i}`);
  }
};
await Promise.all(Array.from({ length: Number(connections) }, worker));
console.log(JSON.stringify({ statuses, failures }));
agent.destroy();
