import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '@gumshoe/engine/ports';
import { importEvent } from './events.ts';
import type { ImportSink } from './sink.ts';

function taken(json: Readonly<Record<string, unknown>>): LogRecord | undefined {
  let found: LogRecord | undefined;
  const log = (record: LogRecord): void => void (found = record);
  importEvent(json, { log } as unknown as ImportSink);
  return found;
}

test('lines of containers, as Fluent Bit and Fluentd write them', () => {
  const record = taken({
    '@timestamp': '2026-01-02T03:04:05.678Z',
    log: 'ERROR [orders] 1 --- java.lang.NullPointerException\n',
    stream: 'stdout',
    kubernetes: {
      namespace_name: 'shop',
      pod_name: 'orders-7d4b9c6f5d-x2x9k',
      container_name: 'main',
      labels: { app: 'orders' },
    },
  });
  assert.equal(record?.timestamp, Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  assert.deepEqual(
    [record.serviceName, record.severity, record.body, record.containerId],
    [
      'orders',
      'ERROR',
      'ERROR [orders] 1 --- java.lang.NullPointerException',
      '/k8s/shop/orders-7d4b9c6f5d-x2x9k/main',
    ],
  );
});

test('a level that is told counts, not one in the text', () => {
  const record = taken({ ts: 1_790_000_000, msg: 'error budget is fine', level: 'info', service: 'slo' });
  assert.deepEqual([record?.severity, record?.serviceName], ['INFO', 'slo']);
});
