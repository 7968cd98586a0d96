import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import snappy from 'snappyjs';
import { encodePprof } from '@gumshoe/schema/pprof/encode';
import { encodeWriteRequest, type RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import type { RowConsumers } from '../../pipeline/consumers.ts';
import { OtlpHttpServer } from './http.ts';
import { Ingest } from './ingest.ts';

type Profiles = Parameters<RowConsumers['profiles']>;

async function start(t: TestContext) {
  const taken = { samples: [] as RemoteWriteSample[], profiles: [] as Profiles[] };
  const rows: RowConsumers = {
    spans: () => undefined,
    logs: () => undefined,
    profiles: (...all) => void taken.profiles.push(all),
  };
  const ingest = new Ingest({
    rows,
    forwardSamples: (samples) => taken.samples.push(...samples) > 0,
    overloaded: () => false,
    now: Date.now,
  });
  const server = new OtlpHttpServer({ listen: '127.0.0.1:0', apiKey: 'sesame', ingest, rows });
  const url = await server.start();
  t.after(() => server.stop());
  const post = (path: string, body: Uint8Array | string, headers: Record<string, string>) =>
    fetch(`${url}${path}`, { method: 'POST', body: Buffer.from(body), headers });
  return { post, taken, ingest };
}

const bearer = { authorization: 'Bearer sesame' };

test('remote write is taken as it is', async (t) => {
  const { post, taken, ingest } = await start(t);
  const samples = [1, 2.5].map((value, i) => ({
    labels: { __name__: 'up', job: 'shop' },
    value,
    timestamp: 1_790_000_000_000 + i,
  }));
  const answer = await post('/v1/metrics', snappy.compress(encodeWriteRequest(samples)), {
    ...bearer,
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  });
  assert.equal(answer.status, 204, await answer.text());
  assert.deepEqual(taken.samples, samples);
  assert.deepEqual(ingest.counts.metrics, { accepted: 2, rejected: 0 });
});

test('a profile becomes stacks and samples of the service that the query names', async (t) => {
  const { post, taken, ingest } = await start(t);
  const profile = encodePprof({
    valueTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
    samples: [{ stack: ['charge', 'main'], values: [10_000_000] }],
    timeNanos: 1_790_000_000_000_000_000n,
    durationNanos: 1_000_000_000n,
  });
  const answer = await post('/v1/profiles?service.name=shop&pod=shop-1', gzipSync(profile), bearer);
  assert.equal(answer.status, 200, await answer.text());
  const [[stacks, samples] = [[], []]] = taken.profiles;
  assert.deepEqual(
    stacks.map(({ ServiceName, Stack }) => [ServiceName, Stack]),
    [['shop', ['charge', 'main']]],
  );
  assert.deepEqual(samples, [
    {
      ServiceName: 'shop',
      Type: 'cpu:nanoseconds',
      Start: '1790000000.000000000',
      End: '1790000001.000000000',
      Labels: { pod: 'shop-1' },
      StackHash: stacks[0]!.Hash,
      Value: 10_000_000,
    },
  ]);
  assert.deepEqual(ingest.counts.profiles, { accepted: 1, rejected: 0 });
});

test('the API key may stand as bearer token or in X-API-Key, and nowhere else', async (t) => {
  const { post } = await start(t);
  for (const [headers, status] of [
    [bearer, 200],
    [{ authorization: 'bearer  sesame' }, 200],
    [{ 'x-api-key': 'sesame' }, 200],
    [{ authorization: 'Bearer guess' }, 401],
    [{ authorization: 'Basic sesame' }, 401],
    [{ authorization: 'Bearer' }, 401],
    [{}, 401],
  ] as [Record<string, string>, number][]) {
    const answer = await post('/v1/logs', '{}', { ...headers, 'content-type': 'application/json' });
    assert.equal(answer.status, status, JSON.stringify(headers));
  }
});
