import assert from 'node:assert/strict';
import { test } from 'node:test';
import { during, investigatePair, PAIR_FAULT, type PairOptions } from './testdata/pair.ts';

/** The second replica gets the new image shortly before the fault, the first one does not. */
const canary: PairOptions['images'] = [
  [{ image: 'shop:1' }],
  [
    { image: 'shop:1', to: PAIR_FAULT - 10_000 },
    { image: 'shop:2', from: PAIR_FAULT - 10_000 },
  ],
];

test('a canary that fails while the unchanged replica does not is the cause', () => {
  const [top] = investigatePair({ images: canary, second: { errors: during(0, 0.5) } }).causes;
  assert.equal(top?.kind, 'image-change');
  assert.equal(top.placebo?.unchangedReplicas, 1);
  assert.ok(top.placebo.unchangedShare! < 0.1 && top.placebo.factor === 1);
});

test('placebo: a change is cleared when the replica that did not change fails as well', () => {
  const { causes } = investigatePair({ images: canary, errors: during(0, 0.5) });
  const change = causes.find(({ kind }) => kind === 'image-change');
  assert.notEqual(causes[0]?.kind, 'image-change');
  assert.ok(change === undefined || (change.placebo!.unchangedShare! > 0.8 && change.placebo!.factor < 0.5));
});

test('placebo: earlier changes after which nothing got worse are counted', () => {
  const earlier = PAIR_FAULT - 12 * 60_000;
  const both = [
    { image: 'shop:1', to: earlier },
    { image: 'shop:2', from: earlier, to: PAIR_FAULT - 10_000 },
    { image: 'shop:3', from: PAIR_FAULT - 10_000 },
  ];
  const [top] = investigatePair({ images: [both, both], errors: during(0, 0.4) }).causes;
  assert.equal(top?.kind, 'image-change');
  assert.deepEqual([top.placebo?.earlierChanges, top.placebo?.earlierHarmful], [1, 0]);
  assert.match(top.placebo!.statement, /1 earlier change finds harm after 0; no replica ran on unchanged/);
});

test('one replica that is slow is told from the other', () => {
  const [top] = investigatePair({ second: { latency: during(0.02, 2) } }).causes;
  assert.deepEqual([top?.kind, top?.instance], ['bad-replica', 'shop@2']);
});

test('a surge that the server does not bear is the cause of its slowness', () => {
  const [top] = investigatePair({ rate: during(40, 300), latency: during(0.02, 2) }).causes;
  assert.equal(top?.kind, 'traffic-surge');
  assert.equal(top.falsifier.held, true);
});
