// A small part of `npm run eval -- rca`, so that a change that loses causes is seen at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, faultsOf, quiet, tryFault, type Trial } from './evaluate.ts';
import { FOREIGN_MODES, MODES } from './modes.ts';

const mode = (name: string) => [...MODES, ...FOREIGN_MODES].find((one) => one.name === name)!;

/** One trial a fault, each in another cluster; seeds for tuning, since a test is looked at. */
function trialsOf(faults: readonly string[], modeName: string): readonly Trial[] {
  return faultsOf(mode(modeName))
    .filter(({ name }) => faults.includes(name))
    .flatMap((fault, i) => {
      for (let seed = 20 + i; seed < 60; seed++) {
        const trial = tryFault(fault, mode(modeName), seed);
        if (trial) return [trial];
      }
      return [];
    });
}

const describe = (trials: readonly Trial[]): string =>
  trials
    .filter(({ rank }) => rank !== 1)
    .map(({ fault, seed, cause, rank, found }) => `${fault} ${seed}: ${cause} at ${rank}, first ${found}`)
    .join('\n');

test('faults of all kinds are found first in generated clusters', () => {
  const some = FAULTS.filter((_, i) => i % 4 === 1).map(({ name }) => name);
  const trials = trialsOf(some, 'full');
  const first = trials.filter(({ rank }) => rank === 1).length;
  assert.ok(trials.length >= 10);
  assert.ok(first >= 0.9 * trials.length, `${first} of ${trials.length}\n${describe(trials)}`);
});

test('spans alone are enough for what happens in services', () => {
  const trials = trialsOf(
    ['code-errors', 'code-slow', 'external-slow', 'crash-loop', 'missing-call'],
    'traces-only',
  );
  assert.ok(trials.filter(({ rank }) => rank === 1).length >= 4, describe(trials));
});

test('what chaos tools do to test beds of others is found and named', () => {
  const injected = faultsOf(mode('mesh')).map(({ name }) => name);
  const trials = trialsOf(injected, 'mesh');
  assert.equal(trials.length, injected.length);
  assert.ok(trials.filter(({ rank }) => rank === 1).length >= injected.length - 1, describe(trials));
  assert.ok(trials.filter(({ named }) => named).length >= injected.length - 2);
});

test('resources alone name what is used up', () => {
  const trials = trialsOf(['cpu-stress', 'memory-stress', 'disk-stress', 'socket-stress'], 'resources');
  assert.ok(trials.filter(({ rank, named }) => rank === 1 && named).length >= 3, describe(trials));
});

test('harmless changes in a calm cluster are no incident', () => {
  const calm = [21, 22].map((seed) => quiet(mode('full'), seed));
  assert.deepEqual(
    calm.map(({ what }) => what),
    ['', ''],
  );
});

test('the same seed gives the same answer', () => {
  const [fault] = FAULTS;
  const run = () => {
    const trial = tryFault(fault!, mode('full'), 30)!;
    return { ...trial, ms: 0 };
  };
  assert.deepEqual(run(), run());
});
