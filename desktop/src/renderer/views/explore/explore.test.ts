import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gridOver, milliseconds } from '@gumshoe/base/time';
import { firstQuery } from './first-query.ts';
import { chooseStep } from './step.ts';
import { unitOfQuery } from './unit.ts';

test('no step ever asks for more points than a server gives', () => {
  const widths = fc.integer({ min: 1, max: 400 * 86_400_000 });
  fc.assert(
    fc.property(widths, fc.constantFrom(0, 1, 15, 3600), (width, wanted) => {
      const range = { from: milliseconds(0), to: milliseconds(width) };
      assert.ok(gridOver(range, chooseStep(range, wanted)).points <= 11_001);
    }),
  );
});

test('the automatic step suits the window', () => {
  const step = (minutes: number) =>
    chooseStep({ from: milliseconds(0), to: milliseconds(minutes * 60_000) }, 0);
  assert.deepStrictEqual([step(15), step(60), step(1440)], [5_000, 15_000, 900_000]);
});

test('units follow the names of metrics, and doubt is no unit', () => {
  assert.equal(unitOfQuery('histogram_quantile(0.99, rate(x_seconds_total_bucket[1m]))'), 'seconds');
  assert.equal(unitOfQuery('rate(container_resources_cpu_usage_seconds_total[1m])'), 'cores');
  assert.equal(unitOfQuery('container_resources_memory_rss_bytes'), 'bytes');
  assert.equal(unitOfQuery('sum(rate(container_http_requests_total[1m]))'), 'per-second');
  assert.equal(unitOfQuery('a_bytes / b_bytes'), 'none');
  assert.equal(unitOfQuery('up'), 'none');
});

test('the first SQL query looks at the window on screen', () => {
  const range = {
    from: milliseconds(Date.UTC(2026, 0, 2, 3, 4, 5)),
    to: milliseconds(Date.UTC(2026, 0, 2, 4)),
  };
  const last = { kind: 'last', minutes: 30 } as const;
  assert.match(firstQuery('sql', last, range, false), /now\(\) - INTERVAL 30 MINUTE/);
  for (const query of [
    firstQuery('sql', last, range, true),
    firstQuery('sql', { kind: 'fixed', ...range }, range, false),
  ])
    assert.match(
      query,
      /BETWEEN toDateTime64\('2026-01-02 03:04:05.000', 3, 'UTC'\)\s+AND toDateTime64\('2026-01-02 04:00/,
    );
});
