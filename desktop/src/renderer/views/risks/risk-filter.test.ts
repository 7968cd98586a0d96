import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { RiskReport } from '../../../contract/engine.ts';
import { dismissal, riskLines } from './risk-filter.ts';

const risk = (name: string, part: Partial<RiskReport> = {}): RiskReport => ({
  kind: 'single-instance-app',
  application: `_:SystemdUnit:${name}` as ApplicationId,
  severity: 'warning',
  message: `${name} runs as one instance.`,
  evidence: [],
  ...part,
});
const names = (risks: readonly RiskReport[]) => risks.map(({ application }) => application.split(':').at(-1));

test('what is critical comes first; what was accepted is shown on request only, last', () => {
  const risks = [
    risk('cache', { severity: 'critical', dismissed: 'holds nothing' }),
    risk('api'),
    risk('db', { severity: 'critical', kind: 'unreplicated-database' }),
  ];
  assert.deepStrictEqual(names(riskLines(risks, { all: false })), ['db', 'api']);
  assert.deepStrictEqual(names(riskLines(risks, { all: true })), ['db', 'api', 'cache']);
});

test('every word must occur, in the name, the kind or the sentence', () => {
  const risks = [risk('api'), risk('db', { kind: 'unreplicated-database' })];
  assert.deepStrictEqual(names(riskLines(risks, { all: true, text: 'DB replica' })), ['db']);
  assert.deepStrictEqual(names(riskLines(risks, { all: true, text: 'api replica' })), []);
});

test('a dismissal names the application whatever signs its name has', () => {
  assert.match(dismissal(risk('a "b"')), /service: "a \\"b\\""\n {6}risk: single-instance-app/);
});
