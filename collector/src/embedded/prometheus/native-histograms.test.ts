import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '@gumshoe/base/logger';
import { sparseBuckets } from '@gumshoe/base/native-histogram';
import type { Message } from '@gumshoe/schema/protobuf/decode';
import { encodeMessage } from '@gumshoe/schema/protobuf/encode';
import { encodeHistogram } from '@gumshoe/schema/remote-write/histogram';
import snappy from 'snappyjs';
import { SampleStore } from '../metrics/sample-store.ts';
import { PrometheusHttp } from './http.ts';

const { compress } = snappy as { compress: (bytes: Uint8Array) => Uint8Array<ArrayBuffer> };

const LABEL: Message = { 1: ['name', 'string'], 2: ['value', 'string'] };
const SERIES: Message = { 1: ['labels', { message: () => LABEL }, true], 4: ['histograms', 'bytes', true] };
const REQUEST: Message = { 1: ['series', { message: () => SERIES }, true] };

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-histogram-api-'));
const START = 1_767_225_600_000;
let store: SampleStore;
let server: Server;
let url = '';

before(async () => {
  const retention = 10 * 365 * 86_400_000;
  store = new SampleStore(directory, { retention, memoryLimit: 2 ** 30, logger: silentLogger });
  server = createServer(new PrometheusHttp(store, silentLogger).handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.close();
  await once(server, 'close');
  store.close();
  rmSync(directory, { recursive: true, force: true });
});

function histogramAt(i: number): Uint8Array {
  const n = 10 + 2 * i;
  const histogram = {
    schema: 0,
    count: 3 * n,
    sum: 4 * n,
    zeroThreshold: 0.5,
    zeroCount: n,
    positive: sparseBuckets(new Map([[1, 2 * n]])),
    negative: sparseBuckets(new Map()),
    hint: 'unknown' as const,
  };
  return encodeHistogram({ timestamp: START + i * 15_000, histogram });
}

const write = (histograms: readonly Uint8Array[]): Promise<Response> => {
  const labels = [
    { name: '__name__', value: 'latency_seconds' },
    { name: 'job', value: 'api' },
  ];
  const body = compress(encodeMessage({ series: [{ labels, histograms }] }, REQUEST));
  return fetch(`${url}/api/v1/write`, { method: 'POST', body, headers: { 'content-encoding': 'snappy' } });
};

async function ask(path: string, params: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(params)}`);
  const { data } = (await response.json()) as { readonly data: { readonly result: unknown } };
  return data.result ?? data;
}

test('native histograms are written and answered as Prometheus answers them', async () => {
  assert.equal((await write(Array.from({ length: 9 }, (_, i) => histogramAt(i)))).status, 204);
  const time = String(START / 1000 + 120);
  const metric = { job: 'api' };
  assert.deepEqual(await ask('query', { query: 'sum by (job) (latency_seconds)', time }), [
    {
      metric,
      histogram: [
        START / 1000 + 120,
        {
          count: '78',
          sum: '104',
          buckets: [
            [3, '-0.5', '0.5', '26'],
            [0, '1', '2', '52'],
          ],
        },
      ],
    },
  ]);
  assert.deepEqual(await ask('query', { query: 'histogram_count(increase(latency_seconds[1m]))', time }), [
    { metric, value: [START / 1000 + 120, '24'] },
  ]);
  const range = { start: String(START / 1000 + 60), end: time, step: '60' };
  const ranged = (await ask('query_range', { query: 'latency_seconds * 1', ...range })) as readonly {
    readonly histograms: readonly unknown[];
    readonly values?: unknown;
  }[];
  assert.equal(ranged[0]!.histograms.length, 2);
  assert.equal(ranged[0]!.values, undefined);
  const raw = (await ask('query', { query: 'latency_seconds[40s]', time })) as typeof ranged;
  assert.equal(raw[0]!.histograms.length, 3);
  assert.deepEqual(await ask('label/__name__/values', {}), ['latency_seconds']);
});

test('what is no histogram is refused', async () => {
  const response = await write([Uint8Array.of(0x20, 0x7f)]);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /malformed write request/);
});
