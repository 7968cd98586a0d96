import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import { requestStatsDump, socketsDump, waitingDump } from '../receivers/ebpf/testdata/maps.ts';
import type { RequestEntry } from '../receivers/ebpf/testdata/maps.ts';
import { Destinations } from './destinations.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { RequestEndpoint } from './request-metrics.ts';
import { tally, TALLY_FIELDS } from './request-tally.ts';
import { collected } from './testdata/collected.ts';

const HTTP = constants.GS_PROTOCOL_HTTP;
const POSTGRES = constants.GS_PROTOCOL_POSTGRES;

/** Processes 1x belong to container a, 2x to b, others to nobody. */
const containerOf = (tgid: number) =>
  tgid >= 10 && tgid < 30 ? { containerId: tgid < 20 ? '/a' : '/b' } : undefined;

function make() {
  const destinations = new Destinations({
    hostNetns: 1,
    perContainer: 2,
    ephemeralPorts: [32768, 60999],
    resolve: (endpoint) => (endpoint === '10.96.0.1:80' ? '10.0.0.5:8080' : endpoint),
  });
  return new RequestMetrics({ destinations, containerOf, expireAfter: 100 });
}

const entry = (over: Partial<RequestEntry>): RequestEntry => ({
  tgid: 10,
  address: '10.96.0.1',
  port: 80,
  protocol: HTTP,
  status: 200,
  count: 3n,
  durationSumNs: 4_500_000n,
  buckets: { 0: 2n, 1: 1n },
  ...over,
});

/** One request that user space told apart. */
function observe(
  metrics: RequestMetrics,
  endpoint: RequestEndpoint,
  status: string,
  durationNs: number | undefined,
): void {
  const totals = new Float64Array(TALLY_FIELDS);
  tally(totals, durationNs);
  metrics.add(endpoint, status, totals);
}

test('two processes of a container are one series; statuses count apart but share a histogram', () => {
  const metrics = make();
  metrics.update(
    requestStatsDump([
      entry({}),
      entry({ tgid: 11, count: 4n, durationSumNs: 8_000_000n, buckets: { 1: 4n } }),
      entry({ status: 503, count: 1n, durationSumNs: 2_000_000_000n, buckets: { 10: 1n } }),
    ]),
    0,
  );
  const peer = '{destination=10.96.0.1:80,actual_destination=10.0.0.5:8080';
  assert.deepEqual(collected(metrics), {
    [`/a container_http_requests_total${peer},status=200}`]: 7,
    [`/a container_http_requests_total${peer},status=503}`]: 1,
    [`/a container_http_requests_duration_seconds_total${peer}}`]:
      '2,5,0,0,0,0,0,0,0,0,1,0,0,0,0,0 n=8 s=2.0125',
    [`/a container_http_requests_in_flight_age_seconds${peer}}`]: 0,
  });
});

test('inbound requests carry the status only', () => {
  const metrics = make();
  metrics.update(
    requestStatsDump([
      entry({ inbound: true, address: '10.0.0.5', port: 5432, protocol: POSTGRES, status: 0 }),
      entry({
        inbound: true,
        address: '10.0.0.6',
        port: 5432,
        protocol: POSTGRES,
        status: 1,
        count: 1n,
        buckets: { 15: 1n },
      }),
    ]),
    0,
  );
  assert.deepEqual(collected(metrics), {
    '/a container_postgres_inbound_queries_total{status=ok}': 3,
    '/a container_postgres_inbound_queries_total{status=failed}': 1,
    '/a container_postgres_inbound_queries_duration_seconds_total{}':
      '2,1,0,0,0,0,0,0,0,0,0,0,0,0,0,1 n=4 s=0.009',
    '/a container_postgres_inbound_queries_in_flight_age_seconds{}': 0,
  });
});

test('a request that is not timed counts, and not in the histogram', () => {
  const metrics = make();
  const endpoint = { tgid: 10, netns: 1, address: '10.0.0.5', port: 80, inbound: true, protocol: HTTP };
  metrics.update(requestStatsDump([]), 0);
  observe(metrics, endpoint, 'grpc:OK', 3_000_000);
  observe(metrics, endpoint, 'grpc:OK', undefined);
  const samples = collected(metrics);
  assert.equal(samples['/a container_http_inbound_requests_total{status=grpc:OK}'], 2);
  assert.match(
    String(samples['/a container_http_inbound_requests_duration_seconds_total{}']),
    / n=1 s=0\.003$/,
  );
});

test('a request without a response is failed in every protocol', () => {
  const metrics = make();
  metrics.update(requestStatsDump([entry({ status: constants.GS_STATUS_NO_RESPONSE })]), 0);
  assert.equal(
    collected(metrics)[
      '/a container_http_requests_total{destination=10.96.0.1:80,actual_destination=10.0.0.5:8080,status=failed}'
    ],
    3,
  );
});

test('the oldest request that waits is the in-flight age, also of a peer that never answered', () => {
  const metrics = make();
  const waiting = { tgid: 10, address: '10.0.0.9', port: 5432, protocol: POSTGRES };
  metrics.update(requestStatsDump([]), 0);
  metrics.updateInFlight(
    socketsDump([
      { ...waiting, startedNs: 9_000_000_000n },
      { ...waiting, startedNs: 4_000_000_000n },
      { ...waiting, startedNs: 0n },
    ]),
    waitingDump([]),
    10_000_000_000n,
  );
  const age =
    'container_postgres_queries_in_flight_age_seconds{destination=10.0.0.9:5432,actual_destination=10.0.0.9:5432}';
  assert.deepEqual(collected(metrics), { [`/a ${age}`]: 6 });
  metrics.updateInFlight(socketsDump([]), waitingDump([]), 11_000_000_000n);
  assert.deepEqual(collected(metrics), { [`/a ${age}`]: 0 });
});

test('destinations beyond the limit add up as ~other; those of nobody and unknown protocols are left out', () => {
  const metrics = make();
  metrics.update(
    requestStatsDump([
      ...[1, 2, 3, 4].map((host) => entry({ address: `10.0.1.${host}` })),
      entry({ tgid: 99 }),
      entry({ protocol: 77 }),
      entry({ port: 40000 }),
    ]),
    0,
  );
  const counts = Object.entries(collected(metrics)).filter(([name]) => name.includes('requests_total'));
  assert.deepEqual(
    counts.map(([name, value]) => [/destination=([^,]+)/.exec(name)?.[1], value]),
    [
      ['10.0.1.1:80', 3],
      ['10.0.1.2:80', 3],
      ['~other', 6],
    ],
  );
});

test('counters survive the process and end when nobody is left for long', () => {
  const metrics = make();
  metrics.update(requestStatsDump([entry({ tgid: 20 })]), 0);
  metrics.update(requestStatsDump([]), 50);
  metrics.update(requestStatsDump([entry({ tgid: 21, count: 2n })]), 90);
  const name =
    '/b container_http_requests_total{destination=10.96.0.1:80,actual_destination=10.0.0.5:8080,status=200}';
  assert.equal(collected(metrics)[name], 5);
  metrics.update(requestStatsDump([]), 189);
  assert.equal(collected(metrics)[name], 5);
  metrics.update(requestStatsDump([]), 190);
  assert.deepEqual(collected(metrics), {});
});

test('requests that wait by key count as their connection does, in both directions', () => {
  const metrics = make();
  const waiting = { tgid: 10, address: '10.0.0.9', port: 5432, protocol: POSTGRES, startedNs: 0n };
  metrics.update(requestStatsDump([]), 0);
  const sockets = socketsDump([waiting, { ...waiting, inbound: true, startedNs: 9_000_000_000n }]);
  const [first, second] = [0, 1].map((i) =>
    new DataView(sockets.keys.buffer).getBigUint64(i * sockets.keySize, true),
  );
  metrics.updateInFlight(
    sockets,
    waitingDump([
      { id: first!, key: 7n, startedNs: 5_000_000_000n },
      { id: first!, key: 8n, startedNs: 3_000_000_000n },
      { id: second!, key: 1n, startedNs: 9_500_000_000n },
      { id: 12345n, key: 1n, startedNs: 1n },
    ]),
    10_000_000_000n,
  );
  const peer = '{destination=10.0.0.9:5432,actual_destination=10.0.0.9:5432}';
  assert.deepEqual(collected(metrics), {
    [`/a container_postgres_queries_in_flight_age_seconds${peer}`]: 7,
    '/a container_postgres_inbound_queries_in_flight_age_seconds{}': 1,
  });
});

test('requests told apart by user space are counted with the label they bring', () => {
  const metrics = make();
  const endpoint = { tgid: 10, netns: 7, address: '10.0.0.9', port: 8080, inbound: false, protocol: 11 };
  observe(metrics, endpoint, 'grpc:OK', 2_000_000);
  observe(metrics, endpoint, 'grpc:OK', 70_000_000_000);
  observe(metrics, { ...endpoint, inbound: true }, '503', 1_000_000);
  metrics.update(requestStatsDump([]), 1_700_000_000_000);
  const samples = collected(metrics);
  const peer = 'destination=10.0.0.9:8080,actual_destination=10.0.0.9:8080';
  assert.equal(samples[`/a container_http_requests_total{${peer},status=grpc:OK}`], 2);
  assert.equal(
    samples[`/a container_http_requests_duration_seconds_total{${peer}}`],
    '0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,1 n=2 s=70.002',
  );
  assert.equal(samples['/a container_http_inbound_requests_total{status=503}'], 1);
});

test('requests told before the first round are counted', () => {
  const metrics = make();
  const endpoint = { tgid: 10, netns: 7, address: '10.0.0.9', port: 8080, inbound: true, protocol: 11 };
  observe(metrics, endpoint, '200', 1_000_000);
  metrics.update(requestStatsDump([]), 1_700_000_000_000);
  assert.equal(collected(metrics)['/a container_http_inbound_requests_total{status=200}'], 1);
});

test('messages that nobody answers are counted by method and have no latency', () => {
  const metrics = make();
  const NATS = 10;
  metrics.update(
    requestStatsDump([entry({ protocol: NATS, status: 1 }), entry({ protocol: NATS, status: 2 })]),
    0,
  );
  assert.deepEqual(
    Object.keys(collected(metrics))
      .map((name) => name.replace(/destination=[^,]+,actual_destination=[^,]+,/, ''))
      .sort(),
    [
      '/a container_nats_messages_total{status=ok,method=consume}',
      '/a container_nats_messages_total{status=ok,method=produce}',
    ],
  );
});
