import { milliseconds, MINUTE } from '@gumshoe/base/time';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { FORMAT_VERSION } from '../manifest.ts';
import { writeRecords, writeSeriesBlocks, writeWhole } from '../write.ts';

const FROM = Date.UTC(2026, 0, 1);
export const BASE_RANGE = { from: milliseconds(FROM), to: milliseconds(FROM + 3 * MINUTE) };

/** A small snapshot with something in every part. */
export async function writeBase(path: string): Promise<void> {
  const series = syntheticSeries({ services: 3, instances: 1, range: BASE_RANGE, step: 15_000, seed: 1 });
  const spans = Array.from({ length: 20 }, (_, i) => spanAt(19 - i));
  const logs = Array.from({ length: 20 }, (_, i) => logAt(19 - i));
  const samples = [
    ['service-0', 'ebpf:cpu:nanoseconds', FROM + 1000, FROM + 2000, 'service-0@1', '7', 30, 0],
  ];
  await writeWhole(path, (writer) => {
    writeSeriesBlocks(writer, series);
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
      counts: { series: series.length, spans: 20, logs: 20, events: 1, profiles: 1 },
      redaction: [],
      status: undefined,
    });
  });
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
