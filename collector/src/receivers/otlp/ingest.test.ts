import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { Ingest, Overloaded } from './ingest.ts';

const rows = { spans: () => undefined, logs: () => undefined, profiles: () => undefined };

/** ExportMetricsServiceRequest with points of one delta sum. */
const deltas = (...values: number[]) => ({
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'orders',
              sum: {
                aggregationTemporality: 1,
                isMonotonic: true,
                dataPoints: values.map((asInt) => ({ timeUnixNano: '1790000000000000000', asInt })),
              },
            },
          ],
        },
      ],
    },
  ],
});

test('a delta that was refused and comes again counts once', () => {
  const taken: RemoteWriteSample[] = [];
  let room = false;
  const ingest = new Ingest({
    rows,
    forwardSamples: (samples) => room && taken.push(...samples) > 0,
    overloaded: () => false,
    now: () => 0,
  });
  assert.throws(() => ingest.take('resourceMetrics', deltas(5)), Overloaded);
  room = true;
  ingest.take('resourceMetrics', deltas(5));
  ingest.take('resourceMetrics', deltas(1, 2));
  assert.deepEqual(
    taken.map(({ value }) => value),
    [5, 6, 8],
  );
  assert.deepEqual(ingest.counts.metrics, { accepted: 3, rejected: 0 });
});
