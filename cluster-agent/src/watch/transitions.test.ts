import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import type { Incident } from '@gumshoe/engine/api';
import type { ApplicationId } from '@gumshoe/model/entities';
import { IncidentLedger } from './transitions.ts';

const incident = (name: string, resolvedAt?: number): Incident => ({
  id: name,
  application: `_:SystemdUnit:${name}` as ApplicationId,
  name,
  severity: 'critical',
  openedAt: milliseconds(1000),
  ...(resolvedAt === undefined ? {} : { resolvedAt: milliseconds(resolvedAt) }),
  slo: 'availability',
  impact: 0.5,
  summary: '',
});
const events = (ledger: IncidentLedger, ...found: Incident[]) =>
  ledger.look(found).map((one) => `${one.event} ${one.incident.name}`);

test('an incident opens once and is told once when it resolves', () => {
  const ledger = new IncidentLedger();
  assert.deepEqual(events(ledger, incident('api')), ['opened api']);
  assert.deepEqual(events(ledger, incident('api')), []);
  assert.deepEqual(events(ledger, incident('api', 9000)), ['resolved api']);
  assert.deepEqual(events(ledger, incident('api', 9000)), []);
});

test('one look without it does not close an incident, two do', () => {
  const ledger = new IncidentLedger();
  events(ledger, incident('api'));
  assert.deepEqual(events(ledger), []);
  assert.deepEqual(events(ledger), ['resolved api']);
});

test('an incident that was over before the first look is not told', () => {
  assert.deepEqual(events(new IncidentLedger(), incident('api', 9000)), []);
});
