import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsOf } from '@gumshoe/schema/metrics/define';
import { ContainerTotals } from './totals.ts';

const { size, work } = metricsOf('container', {
  size: { name: 'size', type: 'gauge', unit: 'bytes', help: '' },
  work: { name: 'work', type: 'counter', unit: 'seconds', help: '' },
});
const SHOP = { containerId: '/shop' };

function valuesOf(totals: ContainerTotals): Record<string, number> {
  const out: Record<string, number> = {};
  totals.emit({
    sample: ({ name }, _container, _labels, value) => (out[name] = value),
    histogram: () => undefined,
  });
  return out;
}

test('processes are summed; a counter keeps what those counted that are gone, a gauge does not', () => {
  const totals = new ContainerTotals();
  const [first, second] = [new Map<string, number>(), new Map<string, number>()];
  totals.begin();
  totals.add(SHOP, work, {}, 5, first);
  totals.add(SHOP, work, {}, 2, second);
  totals.add(SHOP, size, {}, 10, first);
  totals.add(SHOP, size, {}, 20, second);
  assert.deepEqual(valuesOf(totals), { work: 7, size: 30 });
  totals.begin();
  totals.add(SHOP, work, {}, 3, second);
  totals.add(SHOP, size, {}, 20, second);
  assert.deepEqual(valuesOf(totals), { work: 8, size: 20 });
  totals.begin();
  assert.deepEqual(valuesOf(totals), { work: 8 });
});

test('a total that fell was started anew, and values that are none are left out', () => {
  const totals = new ContainerTotals();
  const process = new Map<string, number>();
  for (const value of [5, 1, NaN, 4]) {
    totals.begin();
    totals.add(SHOP, work, {}, value, process);
  }
  assert.deepEqual(valuesOf(totals), { work: 9 });
});
