import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Alerts } from '../../../contract/engine.ts';
import { alertLines, type AlertPhase } from './alert-lines.ts';

const application = '_:SystemdUnit:api' as ApplicationId;
const burn = (kind: 'availability' | 'latency', phase: AlertPhase, at: number) =>
  ({
    rule: { severity: 'critical' },
    state: { phase, activeAt: milliseconds(at) },
    application,
    kind,
    message: `${kind} burns`,
  }) as Alerts['objectives'][number];
const rule = (name: string, phase: AlertPhase) =>
  ({
    rule: { name, severity: 'warning' },
    state: { phase },
    application,
    message: `${name} holds`,
  }) as unknown as Alerts['rules'][number];

test('of one objective the burn rate that is furthest stands for the others', () => {
  const lines = alertLines({
    rules: [],
    objectives: [
      burn('latency', 'pending', 10),
      burn('latency', 'firing', 20),
      burn('availability', 'pending', 30),
    ],
  });
  assert.deepStrictEqual(
    lines.map(({ name, phase, since, more }) => [name, phase, since, more]),
    [
      ['latency burn rate', 'firing', 20, 1],
      ['availability burn rate', 'pending', 30, 0],
    ],
  );
});

test('what fires comes before what is over', () => {
  const lines = alertLines({ rules: [rule('queue', 'inactive'), rule('disk', 'firing')], objectives: [] });
  assert.deepStrictEqual(
    lines.map(({ name }) => name),
    ['disk', 'queue'],
  );
});
