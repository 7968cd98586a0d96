import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureClockOffset, timestampText, WallTime } from './clock-offset.ts';

/** Two clocks over one simulated time line; each read takes 100 ns. */
function clocks(offsetNs: bigint) {
  let now = 5_000_000_123n;
  let offset = offsetNs;
  const tick = () => (now += 100n);
  return {
    monotonic: () => tick(),
    wall: () => Number((tick() + offset) / 1_000_000n),
    step: (ns: bigint) => (offset += ns),
    offset: () => offset,
  };
}

const near = (actual: bigint, expected: bigint): void =>
  assert.ok(actual <= expected && actual > expected - 1_000n, `${actual} is not just below ${expected}`);

test('the offset is exact to a read of the clock, though wall time shows whole ms', () => {
  const { monotonic, wall } = clocks(1_700_000_000_987_654_321n);
  near(measureClockOffset(monotonic, wall), 1_700_000_000_987_654_321n);
});

test('a stopped wall clock ends the measurement', () => {
  assert.equal(
    measureClockOffset(
      () => 1n,
      () => 5,
    ),
    4_999_999n,
  );
});

test('refresh ignores noise and follows steps', () => {
  const simulated = clocks(1_700_000_000_000_000_000n);
  const time = new WallTime(simulated.monotonic, simulated.wall);
  const first = time.at(0n);
  simulated.step(10_000n);
  time.refresh();
  assert.equal(time.at(0n), first);
  simulated.step(-3_600_000_000_000n);
  time.refresh();
  near(time.at(0n), simulated.offset());
});

test('the real clocks of this process agree to 5 ms', () => {
  const time = new WallTime();
  const difference = time.at(process.hrtime.bigint()) - BigInt(Date.now()) * 1_000_000n;
  assert.ok(difference > -5_000_000n && difference < 50_000_000n, `${difference} ns`);
});

test('timestamp text', () => {
  assert.equal(timestampText(1_700_000_000_000_000_001n), '1700000000.000000001');
  assert.equal(timestampText(5n), '0.000000005');
});
