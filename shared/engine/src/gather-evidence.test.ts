import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectWorld } from '@gumshoe/analysis/inspect';
import * as faults from '@gumshoe/analysis/testdata/faults';
import { SHOP_RANGE, shopSeries } from '@gumshoe/analysis/testdata/shop';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { milliseconds } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import { gatherEvidence } from './gather-evidence.ts';
import type { LogRecord, Span } from './ports.ts';
import { FakeReader } from './testdata/fake-reader.ts';

const ONSET = SHOP_RANGE.from + 150_000;
const orders = '_:SystemdUnit:orders' as ApplicationId;

function requestAt(at: number, i: number, tenant: string): Span {
  return {
    traceId: `t${i}`,
    spanId: String(i),
    parentSpanId: '',
    name: 'GET /orders',
    kind: 'Server',
    serviceName: '/gumshoe-demo.slice/orders.service',
    containerId: '/gumshoe-demo.slice/orders.service',
    start: at,
    duration: 900,
    status: 'Unset',
    statusMessage: '',
    attributes: { tenant, 'request.id': `r${i}` },
  };
}

test('what slow requests have in common is evidence with its figures', async () => {
  const good = Array.from({ length: 60 }, (_, i) => requestAt(ONSET - 1000 - i * 1000, i, `t${i % 6}`));
  const slow = Array.from({ length: 40 }, (_, i) => requestAt(ONSET + 1000 + i * 1000, 100 + i, 'acme'));
  const inspected = inspectWorld(
    buildWorld(shopSeries({ fault: faults.cpuHog }), SHOP_RANGE, { history: 0 }),
  );
  const { examples } = await gatherEvidence(new FakeReader({ spans: [...good, ...slow] }), inspected, [
    {
      application: orders,
      signal: 'attributes',
      range: { from: milliseconds(ONSET), to: SHOP_RANGE.to },
      baseline: { from: SHOP_RANGE.from, to: milliseconds(ONSET) },
      errorsOnly: false,
    },
  ]);
  const [found] = examples.get(orders) ?? [];
  assert.equal(
    found?.summary,
    '100 % of the slowest requests to orders have tenant=acme, 0 % of those before.',
  );
  assert.deepEqual([found.value, found.baselineValue, found.unit], [1, 0, 'ratio']);
});

const event = (at: number, attributes: Readonly<Record<string, string>>): LogRecord => ({
  timestamp: milliseconds(at),
  severity: 'WARN',
  serviceName: 'events',
  containerId: '',
  body: 'Back-off restarting failed container',
  traceId: '',
  spanId: '',
  attributes,
});

test('events are told from log lines, whatever their source calls their parts', async () => {
  const inspected = inspectWorld(
    buildWorld(shopSeries({ fault: faults.cpuHog }), SHOP_RANGE, { history: 0 }),
  );
  const logs = [
    event(ONSET, { 'k8s.event.reason': 'BackOff', 'k8s.object.kind': 'Pod', 'k8s.object.name': 'orders-0' }),
    event(ONSET + 1, { 'event.reason': 'BackOff', 'object.kind': 'Pod', 'object.name': 'orders-1' }),
    event(ONSET + 2, {}),
  ];
  const { events } = await gatherEvidence(new FakeReader({ logs }), inspected, [
    {
      application: orders,
      signal: 'logs',
      range: { from: milliseconds(ONSET), to: SHOP_RANGE.to },
      baseline: { from: SHOP_RANGE.from, to: milliseconds(ONSET) },
      errorsOnly: false,
    },
  ]);
  assert.deepEqual(
    events.map(({ reason, kind, name }) => [reason, kind, name]),
    [
      ['BackOff', 'Pod', 'orders-0'],
      ['BackOff', 'Pod', 'orders-1'],
    ],
  );
});
