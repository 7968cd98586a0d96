import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import { labelsKey, type Series } from '@gumshoe/base/series';
import { histogramText } from '@gumshoe/promql/histograms/text';
import { milliseconds } from '@gumshoe/base/time';
import { createEngine } from '@gumshoe/engine/engine';
import { encodeOtlp } from '@gumshoe/schema/otlp/protobuf';
import { encodePprof } from '@gumshoe/schema/pprof/encode';
import { histogramCorpus } from '../prometheus/differential/histogram-corpus.ts';
import { openSnapshot } from '../snapshot/reader.ts';
import { importFiles } from './import.ts';
import { importSnapshot } from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-formats-'));
after(() => rmSync(folder, { recursive: true, force: true }));
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const T0 = 1_790_000_000;
const nanos = (seconds: number): string => `${T0 + seconds}000000000`;
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'cart' } }] };
const metricsRequest = (...metrics: object[]) => ({
  resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }],
});
const valuesOf = (
  series: readonly { labels: Readonly<Record<string, string>>; values: Float64Array }[],
  name: string,
) =>
  new Map(
    series
      .filter(({ labels }) => labels['__name__'] === name)
      .map(({ labels, values }) => [labels['le'] ?? labels['quantile'] ?? '', [...values]]),
  );

test('delta sums and histograms become counters, in whatever order their points come', async () => {
  const sum = (...points: (readonly [number, number])[]) => ({
    name: 'hits',
    sum: {
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: points.map(([at, asInt]) => ({ timeUnixNano: nanos(at), asInt })),
    },
  });
  const histogram = (at: number, bucketCounts: number[]) => ({
    name: 'took',
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [{ timeUnixNano: nanos(at), count: 3, sum: 1.5, bucketCounts, explicitBounds: [1] }],
    },
  });
  const { series, problems } = await importFiles([
    file('late.json', JSON.stringify(metricsRequest(sum([30, 4]), histogram(30, [1, 2])))),
    file('early.json', JSON.stringify(metricsRequest(sum([0, 1], [15, 2]), histogram(15, [2, 1])))),
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(valuesOf(series, 'hits').get(''), [1, 3, 7]);
  assert.deepEqual(valuesOf(series, 'took_bucket').get('1'), [2, 3]);
  assert.deepEqual(valuesOf(series, 'took_bucket').get('+Inf'), [3, 6]);
  assert.deepEqual(valuesOf(series, 'took_sum').get(''), [1.5, 3]);
});

test('exponential histograms get the same bounds at every instant, though their scale moves', async () => {
  const point = (at: number, scale: number, offset: number, bucketCounts: number[]) => ({
    timeUnixNano: nanos(at),
    count: String(bucketCounts.reduce((sum, one) => sum + one, 1)),
    sum: 10,
    scale,
    zeroCount: '1',
    positive: { offset, bucketCounts: bucketCounts.map(String) },
  });
  const metric = {
    name: 'latency',
    exponentialHistogram: {
      aggregationTemporality: 2,
      // scale 1: (1, 1.41], (1.41, 2], (2, 2.83]; scale 0: (1, 2], (2, 4]
      dataPoints: [point(0, 1, 0, [1, 2, 3]), point(15, 0, 0, [4, 5])],
    },
  };
  const { series } = await importFiles([file('exponential.json', JSON.stringify(metricsRequest(metric)))]);
  assert.deepEqual([...valuesOf(series, 'latency_bucket')].sort(), [
    ['+Inf', [7, 10]],
    ['0', [1, 1]],
    ['1', [1, 1]],
    ['2', [4, 5]],
    ['4', [7, 10]],
  ]);
  assert.deepEqual(
    series.find(({ labels }) => labels['__name__'] === 'latency')?.histograms?.samples.map(histogramText),
    [
      '{count:7, sum:10, [0,0]:1, (1,1.4142135623730951]:1, (1.4142135623730951,2]:2, (2,2.8284271247461903]:3}',
      '{count:10, sum:10, [0,0]:1, (1,2]:4, (2,4]:5}',
    ],
  );
  assert.deepEqual(valuesOf(series, 'latency_count').get(''), [7, 10]);
});

test('exponential histograms with increments are counted up, and what Prometheus cannot hold is classic only', async () => {
  const point = (at: number, scale: number, counts: number[]) => ({
    timeUnixNano: nanos(at),
    count: String(counts.reduce((sum, one) => sum + one, 0)),
    sum: 1,
    scale,
    positive: { offset: -1, bucketCounts: counts },
  });
  const metric = (name: string, temporality: number, ...dataPoints: readonly object[]) => ({
    name,
    exponentialHistogram: { aggregationTemporality: temporality, dataPoints },
  });
  const request = metricsRequest(
    metric('delta', 1, point(15, 0, [3, 1]), point(0, 1, [1, 0, 1])),
    metric('coarse', 2, point(0, -6, [4])),
    metric('fine', 2, point(0, 12, [4])),
    metric('odd', 2, point(0, 30, [4])),
  );
  const { series, problems } = await importFiles([file('deltas.json', JSON.stringify(request))]);
  const texts = (name: string) =>
    series.find(({ labels }) => labels['__name__'] === name)?.histograms?.samples.map(histogramText);
  assert.deepEqual(texts('delta'), [
    '{count:2, sum:1, (0.7071067811865476,1]:1, (1.4142135623730951,2]:1}',
    '{count:6, sum:2, (0.5,1]:4, (1,2]:2}',
  ]);
  assert.equal(texts('coarse'), undefined);
  assert.deepEqual(valuesOf(series, 'coarse_bucket').get('1'), [4]);
  assert.equal(series.find(({ labels }) => labels['__name__'] === 'fine')?.histograms?.samples[0]?.schema, 8);
  assert.match(problems[0]!, /an exponential histogram of an impossible scale/);
});

test('native histograms of a dump, as Prometheus writes them, are native ones and classic ones', async () => {
  const written = histogramCorpus(7);
  const line = ({ labels, histograms }: Series, i: number): string => {
    const set = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
    const one = histograms!.samples[i]!;
    const value = one.stale ? '{count:0, sum:NaN}' : histogramText(one);
    return `{${set.join(', ')}} ${value} ${histograms!.timestamps[i]}`;
  };
  const lines = written.flatMap((one) => one.histograms!.samples.map((_, i) => line(one, i)));
  const mixed = [
    '{__name__="mixed"} 5 1790000000000',
    '{__name__="mixed"} {count:1, sum:2, (1,2]:1} 1790000015000',
  ];
  const wrong = ['{__name__="w"} {count:x, sum:1} 1790000000000', '{__name__="w"} {count:1, sum:1}'];
  const path = file('native.dump', [...lines.reverse(), ...mixed, ...wrong].join('\n'));
  const { series, problems } = await importFiles([path]);
  assert.match(
    problems[0]!,
    /: 2 lines .* the first is line \d+: "\{count:x, sum:1\} 1790000000000" is no native/,
  );
  const told = new Map(series.map(({ labels, histograms }) => [labelsKey(labels), histograms]));
  const texts = ({ samples }: HistogramSamples): readonly string[] =>
    samples.map((one) => (one.stale ? 'stale' : histogramText(one)));
  for (const { labels, histograms } of written) {
    const own = told.get(labelsKey(labels));
    assert.deepEqual([...own!.timestamps], [...histograms!.timestamps]);
    assert.deepEqual(texts(own!), texts(histograms!));
  }
  const names = new Set(series.map(({ labels }) => labels['__name__']));
  assert.ok(['duration_seconds_bucket', 'spread_count'].every((name) => names.has(name)));
  const both = series.find(({ labels }) => labels['__name__'] === 'mixed')!;
  assert.deepEqual([both.values.length, both.histograms?.samples.length], [1, 1]);
});

test('a dump has the escapes of Go, other text has them not; sums and counts are no gauges of a service', async () => {
  const dump =
    '{__name__="lat_seconds", pod="a\\u00a0b\\tc\\x01\\U0001f600\\\\"} {count:3, sum:0.3, (0.25,0.5]:3} 1790000000000';
  const text = 'up{path="C:\\temp\\u"} 1 1790000000';
  const { series, assumptions } = await importFiles([file('escapes.dump', dump), file('escapes.om', text)]);
  const labels = (name: string) => series.find((one) => one.labels['__name__'] === name)?.labels;
  assert.equal(labels('lat_seconds')?.['pod'], 'a\u00a0b\tc\u0001\u{1f600}\\');
  assert.equal(labels('up')?.['path'], 'C:\\temp\\u');
  assert.deepEqual(assumptions, []);
});

test('points without a recorded value are none; quantiles of summaries are series', async () => {
  const gauge = {
    name: 'g',
    gauge: {
      dataPoints: [
        { timeUnixNano: nanos(0), asDouble: 5 },
        { timeUnixNano: nanos(15), flags: 1 },
      ],
    },
  };
  const summary = {
    name: 's',
    summary: {
      dataPoints: [
        { timeUnixNano: nanos(0), count: '4', sum: 2, quantileValues: [{ quantile: 0.9, value: 7 }] },
      ],
    },
  };
  const request = metricsRequest(gauge, summary);
  for (const content of [JSON.stringify(request), encodeOtlp(request, 'resourceMetrics')]) {
    const { series, problems } = await importFiles([file('some', content)]);
    assert.deepEqual(problems, []);
    assert.deepEqual(valuesOf(series, 'g').get(''), [5]);
    assert.deepEqual(valuesOf(series, 's').get('0.9'), [7]);
  }
});

const framed = (...messages: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return [length, message];
    }),
  );

test("the Collector's files with compression: each message by itself, JSON or protobuf, any signal", async () => {
  const metrics = metricsRequest({
    name: 'g',
    gauge: { dataPoints: [{ timeUnixNano: nanos(0), asDouble: 5 }] },
  });
  const logs = {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          { logRecords: [{ timeUnixNano: nanos(1), severityNumber: 9, body: { stringValue: 'hi' } }] },
        ],
      },
    ],
  };
  const protobuf = [encodeOtlp(metrics, 'resourceMetrics'), encodeOtlp(logs, 'resourceLogs')];
  const json = [metrics, logs].map((one) => Buffer.from(JSON.stringify(one)));
  for (const [name, content] of [
    ['proto', framed(...protobuf)],
    ['proto.zst', framed(...protobuf.map((one) => zstdCompressSync(one)))],
    ['json.zst', framed(...json.map((one) => zstdCompressSync(one)))],
    ['all.gz', gzipSync(framed(...protobuf))],
  ] as const) {
    const { series, logs: records, problems } = await importFiles([file(name, content)]);
    assert.deepEqual(problems, [], name);
    assert.deepEqual(valuesOf(series, 'g').get(''), [5], name);
    assert.deepEqual(
      records.map((record) => [record.serviceName, record.body, record.severity]),
      [['cart', 'hi', 'INFO']],
    );
  }
});

test('a pprof profile becomes the profile of the service that its file is named after', async () => {
  const profile = encodePprof({
    valueTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    samples: [{ stack: ['leaf a.go:3', 'main'], values: [3, 30e6] }],
    timeNanos: BigInt(T0) * 1_000_000_000n,
    durationNanos: 10_000_000_000n,
  });
  const path = join(folder, 'profile.gumshoe');
  const summary = await importSnapshot(
    [file('cart.cpu.pb.gz', gzipSync(profile)), file('other.pb', profile)],
    path,
  );
  assert.equal(summary.profiles, 4);
  assert.deepEqual(summary.window, { from: T0 * 1000 - 1, to: (T0 + 10) * 1000 });
  const reader = openSnapshot(path);
  const range = { from: milliseconds(T0 * 1000), to: milliseconds((T0 + 10) * 1000) };
  for (const serviceName of ['cart', 'other']) {
    const samples = await reader.profile({ range, serviceName, type: 'ebpf:cpu:nanoseconds' });
    assert.deepEqual([samples.frames, [...samples.values]], [['leaf a.go:3', 'main'], [30e6]]);
  }
  await reader.close();
  const named = await importFiles([file('x.pb', profile)], { service: 'checkout' });
  assert.equal(named.profiles.samples[0]?.[0], 'checkout');
});

test('Kubernetes events and flat ones are events, log lines are log records', async () => {
  const list = {
    kind: 'List',
    items: [
      {
        kind: 'Event',
        involvedObject: { kind: 'Pod', name: 'cart-1', namespace: 'shop' },
        reason: 'OOMKilling',
        message: 'Memory cgroup out of memory',
        type: 'Warning',
        lastTimestamp: new Date(T0 * 1000).toISOString(),
      },
    ],
  };
  const lines = [
    { timestamp: T0, event: 'deploy', service: 'cart', message: 'cart 1.3' },
    { time: T0, level: 'error', msg: 'it broke', service: 'cart' },
  ];
  const { events, logs } = await importFiles([
    file('events.json', JSON.stringify(list, undefined, 2)),
    file('lines.jsonl', lines.map((line) => JSON.stringify(line)).join('\n')),
  ]);
  assert.deepEqual(
    events.map(({ serviceName, severity, body, attributes }) => [
      serviceName,
      severity,
      body,
      attributes['k8s.event.reason'],
      attributes['k8s.object.kind'],
    ]),
    [
      ['cart-1', 'WARN', 'Memory cgroup out of memory', 'OOMKilling', 'Pod'],
      ['cart', '', 'cart 1.3', undefined, undefined],
    ],
  );
  assert.deepEqual(
    logs.map(({ body }) => body),
    ['it broke'],
  );
});

test('each file has a report: what it was, what was taken, what was left out and where the first of it stands', async () => {
  const { files, problems } = await importFiles([
    file('good.prom', `up 1 ${T0}\nup 2 ${T0 + 15}\n`),
    file('half.prom', `# HELP up\nup 1 ${T0}\nup 1\nup x ${T0}\n`),
    file('picture.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0)),
    file('nothing', ''),
  ]);
  assert.deepEqual(
    files.map(({ format, samples, leftOut, firstLeftOut }) => [
      format,
      samples,
      leftOut.length,
      firstLeftOut?.line,
    ]),
    [
      ['Prometheus text', 2, 0, undefined],
      ['Prometheus text', 1, 2, 3],
      ['unknown', 0, 1, undefined],
      ['empty', 0, 0, undefined],
    ],
  );
  assert.deepEqual(problems, [
    'half.prom: 2 lines are no samples with a timestamp, the first is line 3: no timestamp',
    'picture.png was left out: it looks like an image; it is neither samples in text, nor OTLP (JSON or protobuf), nor Jaeger JSON, nor pprof, nor events',
  ]);
});

test("what services say of their requests in OpenTelemetry's metrics makes them applications, unless spans do", async () => {
  const points = (rate: number, attributes: object[]) =>
    Array.from({ length: 40 }, (_, i) => ({
      timeUnixNano: nanos(i * 15),
      count: String(i * 15 * rate),
      sum: i * 15 * rate * 0.05,
      bucketCounts: [0, String(i * 15 * rate), 0],
      explicitBounds: [0.01, 0.1],
      attributes,
    }));
  const status = (code: string) => [{ key: 'http.response.status_code', value: { intValue: code } }];
  const metric = {
    name: 'http.server.request.duration',
    unit: 's',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [...points(9, status('200')), ...points(1, status('503'))],
    },
  };
  const input = file('semconv.json', JSON.stringify(metricsRequest(metric)));
  const path = join(folder, 'semconv.gumshoe');
  await importSnapshot([input], path);
  const reader = openSnapshot(path);
  const { applications } = await createEngine({ reader }).overview(await reader.extent());
  const [cart] = applications;
  assert.equal(cart?.name, 'cart');
  assert.ok(Math.abs((cart?.requestRate ?? 0) - 10) < 0.5, `${cart?.requestRate}`);
  assert.ok(Math.abs((cart?.errorRatio ?? 0) - 0.1) < 0.01, `${cart?.errorRatio}`);
  await reader.close();
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    kind: 2,
    startTimeUnixNano: nanos(1),
    endTimeUnixNano: nanos(2),
  };
  const traces = file(
    'spans.json',
    JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  );
  const { series } = await importFiles([input, traces]);
  assert.equal(valuesOf(series, 'gumshoe_trace_requests_total').get('')?.at(-1), 1);
});

test('a compressed line that never ends is refused', async () => {
  const line = gzipSync(Buffer.alloc(80 * 1024 ** 2, 'a'));
  await assert.rejects(
    importFiles([file('line.gz', Buffer.concat([gzipSync(`up 1 ${T0}`), line]))]),
    /longer than/,
  );
});
