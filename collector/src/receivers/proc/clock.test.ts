import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { ClockSource } from './clock.ts';

function collected(source: ClockSource): readonly (readonly [string, number])[] {
  const samples = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 100 }, 0);
  source.collect(samples);
  return samples.samples.map(({ metric, value }) => [metric.name, value]);
}

test('a clock that follows its reference, and one that does not', () => {
  const clock = { offset: -0.002, maxError: 0.5, synchronized: true };
  assert.deepEqual(collected(new ClockSource(() => clock)), [
    ['node_timex_offset_seconds', -0.002],
    ['node_timex_maxerror_seconds', 0.5],
    ['node_timex_sync_status', 1],
  ]);
  const lost = collected(new ClockSource(() => ({ offset: 0, maxError: 16, synchronized: false })));
  assert.deepEqual(lost.at(-1), ['node_timex_sync_status', 0]);
});

test('where the kernel does not say, or the addon is missing, there is no figure', () => {
  assert.deepEqual(collected(new ClockSource(() => undefined)), []);
  const missing = (): never => {
    throw new Error('the native addon is not built');
  };
  assert.deepEqual(collected(new ClockSource(missing)), []);
});
