import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Alerts } from '@gumshoe/engine/api';
import { alertNews, type ToldAlerts } from './alert-news.ts';

type Phase = 'pending' | 'firing' | 'resolving' | 'inactive';

const memory = (phase: Phase, instance = 'web-1') => ({
  rule: { name: 'Memory Pressure', severity: 'warning' },
  application: 'shop:Deployment:web',
  instance,
  state: { phase },
  message: `${instance} is full`,
});
const burn = (id: string, severity: 'warning' | 'critical') => ({
  rule: { id, severity },
  application: 'shop:Deployment:web',
  kind: 'latency',
  state: { phase: 'firing' },
  message: `${id} burns`,
});

/** Events of looks that find these alerts. */
function told(
  ...looks: readonly { readonly rules?: unknown; readonly objectives?: unknown }[]
): readonly string[] {
  let known: ToldAlerts = new Map();
  return looks.map((look) => {
    const next = alertNews(known, { rules: [], objectives: [], ...look } as unknown as Alerts);
    known = next.told;
    return next.notifications.map(({ event, summary }) => `${event}: ${summary}`).join(', ');
  });
}

test('an alert is told when it begins to fire and when it is over, not while it waits or flaps', () => {
  const phases: readonly Phase[] = [
    'pending',
    'firing',
    'firing',
    'resolving',
    'firing',
    'resolving',
    'inactive',
  ];
  assert.deepEqual(told(...phases.map((phase) => ({ rules: [memory(phase)] }))), [
    '',
    'firing: web-1 is full',
    '',
    '',
    '',
    '',
    'over: web-1 is full',
  ]);
});

test('each container has alerts of its own, and one that vanishes is over', () => {
  const both = [memory('firing'), memory('firing', 'web-2')];
  assert.deepEqual(told({ rules: both }, { rules: [memory('firing')] }), [
    'firing: web-1 is full, firing: web-2 is full',
    'over: web-2 is full',
  ]);
});

test('of burn rates the slow ones are told: the fast ones open incidents', () => {
  assert.deepEqual(told({ objectives: [burn('1h', 'critical'), burn('3d', 'warning')] }), [
    'firing: 3d burns',
  ]);
});
