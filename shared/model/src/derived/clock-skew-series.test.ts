import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clockSkewSeries } from './clock-skew-series.ts';

const START = 1_790_000_040_000;

/** One call a second for two minutes; the server's clock is ahead by so many ms. */
const calls = (skew: number, travel: (i: number) => number = () => 5, count = 120) =>
  Array.from({ length: count }, (_, i) => {
    const base = { traceId: `t${i}`, parentSpanId: '' };
    const start = START + i * 1000;
    const client = { ...base, spanId: 'c', kind: 'Client', serviceName: 'web', start, duration: 50 };
    const server = {
      ...base,
      spanId: 's',
      parentSpanId: 'c',
      kind: 'Server',
      serviceName: 'cart',
      start: start + travel(i) + skew,
      duration: 40 - travel(i),
    };
    return [client, server];
  }).flat();

const skewOf = (...given: Parameters<typeof calls>) => clockSkewSeries(calls(...given))[0]?.values.at(-1);

test('clocks that differ by more than requests travel are told apart, with the sign', () => {
  // sent 5 ms before and answered 10 ms after: a second ahead is 990 ms too late
  assert.equal(skewOf(1000), 0.99);
  assert.equal(skewOf(-1000), -0.995);
  assert.equal(skewOf(0), 0);
  assert.equal(skewOf(8), 0, 'within what the way may take');
});

test('the skew told is never more than there is, and none where there is none', () => {
  const travels = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 120, maxLength: 120 });
  fc.assert(
    fc.property(fc.integer({ min: -5000, max: 5000 }), travels, (skew, travel) => {
      const told = (skewOf(skew, (i) => travel[i]!) ?? 0) * 1000;
      assert.ok(Math.abs(told) <= Math.abs(skew) + 1e-9 && told * skew >= 0, `${told} of ${skew}`);
    }),
  );
});

test('a few calls, messages, and calls within a service say nothing', () => {
  assert.equal(skewOf(1000, undefined, 3), undefined);
  const all = calls(1000);
  assert.deepEqual(
    clockSkewSeries(all.map((span) => ({ ...span, kind: span.kind === 'Client' ? 'Producer' : 'Consumer' }))),
    [],
  );
  assert.deepEqual(clockSkewSeries(all.map((span) => ({ ...span, serviceName: 'web' }))), []);
  assert.deepEqual(clockSkewSeries([]), []);
});

test('spans that contradict each other are no skew', () => {
  const [ahead, behind] = [calls(1000, undefined, 60), calls(-1000, undefined, 60)];
  const mixed = [...ahead, ...behind.map((span) => ({ ...span, traceId: `x${span.traceId}` }))];
  assert.deepEqual([...clockSkewSeries(mixed)[0]!.values].at(-1), 0);
});
