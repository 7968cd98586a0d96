import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { parseConfiguration } from '../configuration/parse-configuration.ts';
import { inspectWorld, type InspectedWorld } from '../inspect.ts';
import * as faults from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries, type ShopOptions } from '../testdata/shop.ts';
import { findBurnAlerts } from '../slo/burn-alerts.ts';
import { evaluateAlertRules, type RuleAlert } from './alert-rules.ts';
import { parseCondition } from './parse-condition.ts';

const MINUTES = 60_000;
const RANGE = { from: SHOP_RANGE.from, to: milliseconds(SHOP_RANGE.from + 40 * MINUTES) };

const shop = (options: ShopOptions = {}): InspectedWorld =>
  inspectWorld(buildWorld(shopSeries({ range: RANGE, interval: 15_000, ...options }), RANGE));

function alertsOf(inspected: InspectedWorld, condition: string, more = ''): readonly RuleAlert[] {
  const text = `alerts: [{ name: rule, condition: "${condition}"${more} }]`;
  const result = parseConfiguration(text);
  assert.ok(result.ok, text);
  return evaluateAlertRules(inspected, result.value.alerts);
}
const named = (alerts: readonly RuleAlert[]): readonly string[] =>
  alerts.map(
    ({ application, instance, state }) => `${instance ?? application.split(':').at(-1)} ${state.phase}`,
  );

const calm = shop();
const slow = shop({ fault: faults.cpuHog, faultFrom: 20 * MINUTES });
const over = shop({ fault: faults.killApi, faultFrom: 10 * MINUTES, faultTo: 16 * MINUTES });

test('nothing fires in a calm shop', () => {
  for (const condition of [
    'slo.availability < target',
    'error_rate > 1%',
    'latency.p99 > baseline * 2',
    'container.memory.usage > 90%',
    'instances.down > 0',
  ])
    assert.deepEqual(named(alertsOf(calm, condition)), [], condition);
});

test('an alert is pending until its time has come, then fires; the message has the figures', () => {
  const condition = 'latency.p99 > baseline * 2';
  const firing = alertsOf(slow, condition, ', for: 5m').find(({ application }) =>
    application.endsWith('orders'),
  )!;
  assert.equal(firing.state.phase, 'firing');
  assert.ok(firing.state.firedAt! - firing.state.activeAt! >= 5 * MINUTES);
  assert.match(firing.message, /^rule: orders: latency\.p99 is [\d.]+ .?s \(> [\d.]+ .?s\)$/);
  const pending = alertsOf(slow, condition, ', for: 30m').find(({ application }) =>
    application.endsWith('orders'),
  )!;
  assert.equal(pending.state.phase, 'pending');
});

test('what is over was there: the changes tell', () => {
  const [alert] = alertsOf(over, 'error_rate > 5%', ', for: 1m, service: frontend, keep_firing_for: 2m');
  assert.deepEqual(
    alert!.changes.map(({ phase }) => phase),
    ['pending', 'firing', 'resolving', 'inactive'],
  );
});

test('conditions on containers are asked of each, and a service limits a rule', () => {
  const busy = alertsOf(calm, 'container.cpu.cores > 0.01', ', service: api');
  assert.deepEqual(named(busy), ['api@1 firing', 'api@2 firing']);
});

test('logic is three-valued: what is unknown decides nothing', () => {
  assert.equal(
    alertsOf(calm, 'container.memory.usage > 90% or request_rate > 1/s', ', service: api').length,
    2,
  );
  assert.deepEqual(alertsOf(calm, 'container.memory.usage > 90% and request_rate > 1/s'), []);
  assert.deepEqual(alertsOf(calm, 'not (container.memory.usage > 90%)'), []);
});

test('precedence is as in arithmetic, and parentheses may hold terms or conditions', () => {
  const parse = (text: string) => {
    const result = parseCondition(text);
    assert.ok(result.ok, text);
    return JSON.stringify(result.value);
  };
  assert.equal(
    parse('error_rate > 1% + 2% * 2 and request_rate > 1 or log.errors > 1'),
    parse('((error_rate > (1% + (2% * 2))) and (request_rate > 1)) or (log.errors > 1)'),
  );
  assert.notEqual(parse('(error_rate + 1%) * 2 > 3%'), parse('error_rate + 1% * 2 > 3%'));
});

test('units must fit, and a complaint points at the place', () => {
  const complaint = (text: string) => {
    const result = parseCondition(text);
    assert.ok(!result.ok, text);
    return result.error;
  };
  assert.match(complaint('latency.p99 > 5%').message, /time cannot be compared with a share/);
  assert.match(complaint('latency.p99 + error_rate > 5%').message, /no meaning/);
  assert.match(complaint('error_rate < target').message, /target needs/);
  assert.match(complaint('baseline > baseline').message, /needs a signal/);
  assert.equal(complaint('error_rate >').offset, 12);
  assert.equal(complaint('error_rate > 1% request_rate').offset, 16);
  assert.equal(complaint('latency.p98 > 1s').suggestion, 'latency.p90');
});

test('whatever is written, parsing ends in a condition or a complaint within the text', () => {
  const word = fc.constantFrom(
    'error_rate',
    '>',
    '<',
    '1%',
    '2',
    '(',
    ')',
    'and',
    'not',
    'target',
    'baseline',
    '*',
    '-',
    '/',
    '5/s',
    'x',
    '€',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (words) => {
      const text = words.join(' ');
      const result = parseCondition(text);
      if (!result.ok) assert.ok((result.error.offset ?? 0) <= text.length && result.error.message !== '');
    }),
    { numRuns: 500 },
  );
});

test('burn rates alert too, with what is left of the budget', () => {
  assert.deepEqual(findBurnAlerts(calm), []);
  const burning = findBurnAlerts(shop({ fault: faults.killApi, faultFrom: 30 * MINUTES }));
  const frontend = burning.filter(({ application }) => application.endsWith('frontend'));
  assert.deepEqual(frontend.map(({ kind, rule, state }) => `${kind} ${rule.id} ${state.phase}`).slice(0, 2), [
    'availability 1m firing',
    'availability 1h firing',
  ]);
  assert.match(
    frontend[1]!.message,
    /^frontend availability: firing, the budget burns at [\d.]+x over [\d.]+ min .* left/,
  );
});
