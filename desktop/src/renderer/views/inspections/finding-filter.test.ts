import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { createShopEngine } from '../../../harness/testdata/shop.ts';
import { areasOf, findingLines } from './finding-filter.ts';

const range = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_000_900_000) };
const shop = await createShopEngine().inspections(range);

test('only what fired is listed unless all is asked for, worst first', () => {
  const fired = findingLines(shop, { all: false });
  assert.ok(fired.length > 0);
  assert.ok(fired.every(({ finding }) => finding.health === 'critical' || finding.health === 'warning'));
  const all = findingLines(shop, { all: true });
  assert.ok(all.length > fired.length);
  assert.equal(all[0]?.finding.health, 'critical');
});

test('area and text narrow the list', () => {
  assert.ok(areasOf(shop).includes('CPU'));
  const cpu = findingLines(shop, { all: true, area: 'CPU' });
  assert.ok(cpu.length > 0 && cpu.every(({ finding }) => finding.area === 'CPU'));
  const orders = findingLines(shop, { all: true, text: 'ORDERS' });
  assert.ok(orders.length > 0 && orders.length < findingLines(shop, { all: true }).length);
});
