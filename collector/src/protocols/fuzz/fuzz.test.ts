import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutated, Random } from './mutate.ts';
import { fuzz } from './run.ts';
import { FUZZ_TARGETS } from './targets.ts';

for (const target of FUZZ_TARGETS) {
  test(`${target.name}: 3,000 mutated inputs`, () => {
    const { failure, runs } = fuzz(target, { runs: 3000, seed: 20261121 });
    assert.equal(failure && `${failure.reason}\n${Buffer.from(failure.input).toString('hex')}`, undefined);
    assert.equal(runs, 3000);
  });
}

test('the same seed gives the same inputs, another one others', () => {
  const inputs = (seed: number): string[] => {
    const random = new Random(seed);
    return Array.from({ length: 50 }, () =>
      Buffer.from(mutated(FUZZ_TARGETS[0]!.seeds, random)).toString('hex'),
    );
  };
  assert.deepEqual(inputs(7), inputs(7));
  assert.notDeepEqual(inputs(7), inputs(8));
});

test('a parser that throws, answers out of bounds or anew each time is found, with its input', () => {
  let calls = 0;
  const seeds = [Uint8Array.of(1, 2, 3)];
  const throwing = fuzz(
    {
      name: 'throwing',
      seeds,
      run: (input) => {
        if (input.includes(0xff)) throw new RangeError('no 255 please');
        return 0;
      },
    },
    { runs: 10_000, seed: 1 },
  );
  assert.match(throwing.failure?.reason ?? '', /no 255 please/);
  assert.ok(throwing.failure?.input.includes(0xff));
  const fickle = fuzz({ name: 'fickle', seeds, run: () => calls++ }, { runs: 10, seed: 1 });
  assert.equal(fickle.failure?.reason, 'answers differ');
});
