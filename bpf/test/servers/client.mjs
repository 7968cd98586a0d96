// A load generator whose numbers are the truth that tests compare with: sends <count> requests at <rate>/s over
// <connections> kept-alive connections and prints one JSON line: status codes, own latencies, all in one.
//   node client.mjs <port> <path prefix> <count> <rate> <connections>
import http from 'node:http';

const [port, prefix, count, rate, connections] = [
  Number(process.argv[2]),
  process.argv[3],
  ...process.argv.slice(4).map(Number),
];
const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
const statuses = {};
const latenciesMs = [];

function send(id) {
  return new Promise((resolve) => {
    const started = process.hrtime.bigint();
    const done = (status) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      resolve();
    };
    http
      .get({ host: '127.0.0.1', port, path: `${prefix}${id}`, agent }, (response) => {
        latenciesMs.push(Number(process.hrtime.bigint() - started) / 1e6);
        response.resume();
        response.on('end', () => done(response.statusCode));
      })
      .on('error', (error) => done(error.code ?? 'error'));
  });
}

const pending = [];
const begun = Date.now();
for (let id = 0; id < count; id++) {
  const due = begun + (id * 1000) / rate;
  if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
  pending.push(send(id));
}
await Promise.all(pending);
agent.destroy();
latenciesMs.sort((a, b) => a - b);
const total = latenciesMs.reduce((sum, value) => sum + value, 0);
console.log(
  JSON.stringify({
    count,
    statuses,
    totalMs: total,
    maxMs: latenciesMs.at(-1),
    medianMs: latenciesMs[latenciesMs.length >> 1],
  }),
);
