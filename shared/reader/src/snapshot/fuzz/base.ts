import { CUSTOM_BUCKETS, NO_BUCKETS, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Labels, Series } from '@gumshoe/base/series';
import { milliseconds, MINUTE } from '@gumshoe/base/time';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { FORMAT_VERSION } from '../manifest.ts';
import { writeRecords, writeSeriesBlocks, writeWhole } from '../write.ts';

const FROM = Date.UTC(2026, 0, 1);
export const BASE_RANGE = { from: milliseconds(FROM), to: milliseconds(FROM + 3 * MINUTE) };

/** A small snapshot with something in every part. */
export async function writeBase(path: string): Promise<void> {
  const series = [
    ...syntheticSeries({ services: 3, instances: 1, range: BASE_RANGE, step: 15_000, seed: 1 }),
    ...nativeSeries(),
  ];
  const spans = Array.from({ length: 20 }, (_, i) => spanAt(19 - i));
  const logs = Array.from({ length: 20 }, (_, i) => logAt(19 - i));
  const samples = [
    ['service-0', 'ebpf:cpu:nanoseconds', FROM + 1000, FROM + 2000, 'service-0@1', '7', 30, 0],
  ];
  await writeWhole(path, (writer) => {
    const written = writeSeriesBlocks(writer, series);
    writeRecords(writer, 'spans', spans);
    writeRecords(writer, 'logs', logs);
    writeRecords(writer, 'events', [{ ...logAt(3), attributes: { 'event.name': 'Killing' } }]);
    writeRecords(writer, 'profile-stacks', [['service-0', '7', '["leaf","main"]']]);
    writeRecords(writer, 'profile-samples', samples);
    writeRecords(writer, 'configuration', [{ name: 'gumshoe.yaml', text: 'slos: []\n' }]);
    writer.finish({
      formatVersion: FORMAT_VERSION,
      createdAt: BASE_RANGE.to,
      window: BASE_RANGE,
      source: 'base',
      counts: { ...written, spans: 20, logs: 20, events: 1, profiles: 1 },
      redaction: [],
      status: undefined,
    });
  });
}

/** Exponential buckets of a moving schema, custom ones, a stale marker, and floats beside histograms. */
function nativeSeries(): Series[] {
  const timestamps = Float64Array.from({ length: 12 }, (_, i) => FROM + i * 15_000 + 7);
  const exponential = Array.from(timestamps, (_, i): NativeHistogram => ({
    schema: i < 6 ? 3 : 1,
    count: 10 * i + 3,
    sum: i * 1.25,
    zeroThreshold: 1e-128,
    zeroCount: 3,
    positive: sparseBuckets(
      new Map([
        [-4, 4 * i],
        [i, 6 * i],
      ]),
    ),
    negative: NO_BUCKETS,
    hint: i === 0 ? 'reset' : 'unknown',
    ...(i === 11 ? { stale: true as const } : {}),
  }));
  const custom = exponential.map((one): NativeHistogram => ({
    ...one,
    schema: CUSTOM_BUCKETS,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: sparseBuckets(new Map([[1, one.count]])),
    bounds: Float64Array.of(0.1, 0.5),
  }));
  const labels = (name: string): Labels => ({ __name__: name, job: 'service-0' });
  const none = new Float64Array(0);
  return [
    {
      labels: labels('native_seconds'),
      timestamps: Float64Array.of(FROM + 5, FROM + 6),
      values: Float64Array.of(1, 2),
      histograms: { timestamps, samples: exponential },
    },
    {
      labels: labels('custom_seconds'),
      timestamps: none,
      values: none,
      histograms: { timestamps, samples: custom },
    },
  ];
}

const spanAt = (i: number): Span => ({
  traceId: String(i).padStart(32, '0'),
  spanId: String(i).padStart(16, '0'),
  parentSpanId: '',
  name: 'GET /',
  kind: 'Server',
  serviceName: `service-${i % 3}`,
  containerId: '',
  start: FROM + i * 1000 + 1,
  duration: 5.25,
  status: i % 5 === 0 ? 'Error' : 'Unset',
  statusMessage: '',
  attributes: { 'http.route': '/' },
});

const logAt = (i: number): LogRecord => ({
  timestamp: milliseconds(FROM + i * 1000 + 1),
  severity: 'INFO',
  serviceName: `service-${i % 3}`,
  containerId: '',
  body: `request ${i} done`,
  traceId: '',
  spanId: '',
  attributes: {},
});
