import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApplicationId } from '@gumshoe/model/entities';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { inspectWorld } from '../inspect.ts';
import { SHOP_RANGE, shopSeries } from '../testdata/shop.ts';
import { defineInspection } from './define.ts';
import { INSPECTIONS } from './index.ts';
import { thresholdResolver } from './thresholds.ts';

const api = { id: 'shop:Deployment:api' as ApplicationId, name: 'api' };

test('an application beats a glob, a glob the project, a later entry an earlier one', () => {
  const inspection = 'cpu-node';
  const resolve = (...rest: Parameters<typeof thresholdResolver>) => thresholdResolver(...rest);
  const exact = { inspection, application: api.id, value: 1 };
  const byName = { inspection, application: 'api', value: 2 };
  const glob = { inspection, application: 'shop:*', value: 3 };
  const project = { inspection, value: 4 };
  assert.equal(resolve([exact, glob, project])(inspection, api, 80), 1);
  assert.equal(resolve([exact, byName])(inspection, api, 80), 2);
  assert.equal(resolve([glob, project])(inspection, api, 80), 3);
  assert.equal(resolve([project, { ...project, value: 5 }])(inspection, api, 80), 5);
  assert.equal(resolve([{ ...glob, application: 'web*' }])(inspection, api, 80), 80);
  assert.equal(resolve([exact])('memory-oom', api, 0), 0);
});

test('an override reaches the verdict of that application alone', () => {
  const world = buildWorld(shopSeries({}), SHOP_RANGE);
  const inspected = inspectWorld(world, {
    thresholds: [{ inspection: 'log-errors', application: 'orders', value: 7 }],
  });
  for (const { application, findings } of inspected.applications)
    for (const one of findings.filter(({ inspection }) => inspection === 'log-errors'))
      assert.equal(one.threshold, application.name === 'orders' ? 7 : 0);
});

test('an inspection that throws says so, and the others still speak', () => {
  const broken = defineInspection({
    id: 'broken',
    title: 'Broken',
    area: 'CPU',
    threshold: { default: 3, unit: 'count' },
    needs: [],
    inspect: () => {
      throw new RangeError('column of 0 points');
    },
  });
  const world = buildWorld(shopSeries({}), SHOP_RANGE);
  const sound = inspectWorld(world).applications;
  const inspected = inspectWorld(world, { inspections: [broken, ...INSPECTIONS] }).applications;
  inspected.forEach(({ findings: [first, ...rest], health }, i) => {
    assert.equal(first?.health, 'unknown');
    assert.match(first?.message ?? '', /column of 0 points/);
    assert.equal(first?.failure?.tried, 'run the inspection broken');
    assert.deepEqual(rest, sound[i]!.findings);
    assert.equal(health, sound[i]!.health);
  });
});
