// Open-loop load on keep-alive connections. Prints one JSON line at the end: what was sent and what came back.
import http from 'node:http';

const { TARGET, RATE = '40', CONNECTIONS = '24', REQUESTS = '0', POST_SHARE = '0.1' } = process.env;
const url = new URL(TARGET);
const agent = new http.Agent({
  keepAlive: true,
  maxSockets: Number(CONNECTIONS),
  maxTotalSockets: Number(CONNECTIONS),
});
const counts = { sent: 0, ok: 0, failed: 0, timedOut: 0, shed: 0 };
const latencies = [];
const limit = Number(REQUESTS);
const interval = 1000 / Number(RATE);
const started = performance.now();
let inFlight = 0;
let stopping = false;

function one() {
  const number = counts.sent++;
  const method = (number * 7919) % 1000 < Number(POST_SHARE) * 1000 ? 'POST' : 'GET';
  const before = performance.now();
  let done = false;
  inFlight++;
  const finish = (outcome) => {
    if (done) return;
    done = true;
    inFlight--;
    counts[outcome]++;
    if (outcome === 'ok' && latencies.length < 200_000) latencies.push(performance.now() - before);
    if (stopping && inFlight === 0) report();
  };
  const request = http.request(
    {
      host: url.hostname,
      port: url.port || 80,
      method,
      path: `/api/checkout?user=${1 + (number % 500)}`,
      agent,
      timeout: 10_000,
    },
    (response) => {
      response.resume();
      response.on('end', () => finish(response.statusCode < 500 ? 'ok' : 'failed'));
      response.on('error', () => finish('failed'));
    },
  );
  request.on('timeout', () => {
    finish('timedOut');
    request.destroy();
  });
  request.on('error', () => finish('failed'));
  request.end();
}

function report() {
  latencies.sort((a, b) => a - b);
  const at = (share) =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? null;
  console.log(JSON.stringify({ ...counts, p50Ms: at(0.5), p99Ms: at(0.99) }));
  process.exit(0);
}

function stop() {
  if (stopping) return;
  stopping = true;
  clearInterval(timer);
  if (inFlight === 0) report();
  setTimeout(report, 12_000).unref();
}

const timer = setInterval(
  () => {
    const due = Math.floor((performance.now() - started) / interval);
    let scheduled = counts.sent + counts.shed;
    while (scheduled < due && !(limit > 0 && counts.sent >= limit)) {
      if (inFlight < 400) one();
      else counts.shed++;
      scheduled++;
    }
    if (limit > 0 && counts.sent >= limit) stop();
  },
  Math.max(1, Math.min(20, interval / 2)),
);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
