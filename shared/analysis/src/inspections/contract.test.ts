import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { World } from '@gumshoe/model/world';
import { evaluateServiceLevel } from '../slo/evaluate.ts';
import * as faults from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries } from '../testdata/shop.ts';
import { defineInspection, type Signals, type Subject } from './define.ts';
import { INSPECTIONS } from './index.ts';
import { subjectOf } from './subject.ts';

const worldOf = (fault?: faults.Fault): World => buildWorld(shopSeries(fault ? { fault } : {}), SHOP_RANGE);

const subjects = (world: World): readonly (Subject & Signals)[] =>
  world.applications.map((one) => subjectOf(world, one, evaluateServiceLevel(world, one)));

/** An application of which nothing is known but its name. */
function blankSubject(): Subject & Signals {
  const world = worldOf();
  const bare = {
    ...world.applications[0]!,
    instances: [],
    inbound: [],
    upstreams: [],
    downstreams: [],
    postgres: [],
    redis: [],
    mysql: [],
    mongodb: [],
    memcached: [],
    consumerLags: [],
    certificates: [],
    logs: [],
  };
  return subjectOf({ ...world, nodes: [] }, bare, evaluateServiceLevel(world, bare));
}

const worlds = [worldOf(), ...Object.values(faults.FAULTS).map((fault) => worldOf(fault))].flatMap(subjects);
const blank = blankSubject();

test('ids are unique', () => {
  const ids = INSPECTIONS.map((inspection) => inspection.id);
  assert.deepEqual([...new Set(ids)], ids);
});

for (const inspection of INSPECTIONS) {
  test(`${inspection.id} says nothing without data`, () => {
    assert.equal(inspection.inspect(blank), undefined);
  });

  test(`${inspection.id} gives the same answer twice`, () => {
    for (const subject of worlds) {
      assert.deepEqual(inspection.inspect(subject), inspection.inspect(subject));
    }
  });

  test(`${inspection.id} gets along with the signals it declared`, () => {
    for (const subject of worlds) {
      const declared = Object.fromEntries(inspection.needs.map((name) => [name, subject[name]]));
      const { application, range, grid, window, interval, select, rateWindow, nameOf, recent } = subject;
      const base = { application, range, grid, window, interval, select, rateWindow, nameOf, recent };
      const restricted = { ...base, ...declared } as Subject & Signals;
      assert.deepEqual(inspection.inspect(restricted), inspection.inspect(subject));
    }
  });

  test(`${inspection.id} explains itself with numbers and a query`, () => {
    for (const subject of worlds) {
      const verdict = inspection.inspect(subject);
      if (!verdict) continue;
      assert.ok(verdict.message.length > 0 && verdict.explanation.length > 0);
      assert.ok(Number.isFinite(verdict.value) && Number.isFinite(verdict.threshold), verdict.message);
      assert.ok(verdict.evidence.every((one) => one.query.length > 0 && one.from <= one.to));
      assert.ok(verdict.instances.every((one) => Number.isFinite(one.value)));
      assert.ok(
        !/NaN|undefined|Infinity/.test(verdict.message + verdict.explanation.join()),
        verdict.message,
      );
    }
  });
}

test('an inspection cannot see what it did not declare', () => {
  const nosy = defineInspection({
    id: 'nosy',
    title: 'Nosy',
    area: 'CPU',
    threshold: { default: 0, unit: 'count' },
    needs: ['instances'],
    inspect: (subject) => {
      assert.equal('postgres' in subject, false);
      assert.equal('serviceLevel' in subject, false);
      assert.ok(subject.instances.length >= 0);
      return undefined;
    },
  });
  for (const subject of worlds) assert.equal(nosy.inspect(subject), undefined);
});
