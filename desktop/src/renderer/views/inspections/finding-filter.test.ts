import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApplicationFindings, Finding, InspectionArea } from '../../../contract/engine.ts';
import { areasOf, findingLines } from './finding-filter.ts';

const finding = (title: string, area: InspectionArea, health: Finding['health']): Finding => ({
  inspection: title,
  title,
  area,
  health,
  message: `${title} of it`,
  value: 1,
  threshold: 2,
  unit: 'count',
  instances: [],
  evidence: [],
  explanation: [],
});
const application = (name: string, ...findings: readonly Finding[]): ApplicationFindings => ({
  row: { name } as ApplicationFindings['row'],
  findings,
});
const shop = [
  application('api', finding('cpu', 'CPU', 'warning'), finding('disk', 'Storage', 'ok')),
  application('orders', finding('slo', 'SLO', 'critical'), finding('odd', 'Logs', 'unknown')),
];
const titles = (...of: Parameters<typeof findingLines>): readonly string[] =>
  findingLines(...of).map(({ application: { name }, finding: { title } }) => `${name} ${title}`);

test('only what fired is listed unless all is asked for, worst first', () => {
  assert.deepEqual(titles(shop, { all: false }), ['orders slo', 'api cpu']);
  assert.deepEqual(titles(shop, { all: true }), ['orders slo', 'api cpu', 'orders odd', 'api disk']);
});

test('area and text narrow the list', () => {
  assert.deepEqual(areasOf(shop), ['CPU', 'Logs', 'SLO', 'Storage']);
  assert.deepEqual(titles(shop, { all: true, area: 'CPU' }), ['api cpu']);
  assert.deepEqual(titles(shop, { all: true, text: 'ORDERS' }), ['orders slo', 'orders odd']);
});
