import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { labelsKey, type GridSeries, type Series } from '@gumshoe/base/series';
import { gridOver, milliseconds, type TimeGrid } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { parsePromql } from '@gumshoe/promql/parse';
import { corpus, START } from '../prometheus/differential/corpus.ts';
import { Generator } from '../prometheus/differential/expressions.ts';
import { sourceOf } from '../prometheus/differential/local.ts';
import { Random } from '../prometheus/differential/random.ts';
import { close } from '../prometheus/differential/rows.ts';
import { MergedReader } from './reader.ts';

const grid: TimeGrid = gridOver(
  { from: milliseconds(START + 900_003), to: milliseconds(START + 1_800_003) },
  60_000,
);

/** A source that evaluates by itself, and notes what it is asked. */
function evaluating(series: readonly Series[], asked: string[] = []): Reader {
  const source = sourceOf(series);
  const reader: Partial<Reader> = {
    series: async () => series,
    queryRange: async (query, on) => {
      asked.push(query);
      return evaluateRange(parsePromql(query), source, on);
    },
  };
  return reader as Reader;
}

const one = (labels: Series['labels'], value: number): Series => {
  const timestamps = Float64Array.from({ length: 80 }, (_, i) => START + i * 30_000);
  return { labels, timestamps, values: timestamps.map(() => value) };
};

const asked = { a: [] as string[], b: [] as string[] };
const merged = new MergedReader([
  {
    name: 'a',
    reader: evaluating([one({ __name__: 'up', job: 'x' }, 1), one({ __name__: 'up', job: 'y' }, 2)], asked.a),
  },
  { name: 'b', reader: evaluating([one({ __name__: 'up', job: 'x', cluster: 'old' }, 4)], asked.b) },
]);

async function answer(query: string): Promise<Record<string, number>> {
  const { series } = await merged.queryRange(query, grid);
  return Object.fromEntries(series.map(({ labels, values }) => [labelsKey(labels), values[0]!]));
}

test('a matcher selects clusters, and others are not asked', async () => {
  asked.b.length = 0;
  assert.deepEqual(await answer('up{cluster="a",job="x"}'), { '__name__="up",cluster="a",job="x",': 1 });
  assert.deepEqual(asked.b, []);
  assert.deepEqual(await answer('count(up{cluster!~"a|c"})'), { '': 1 });
  assert.deepEqual(await answer('{cluster="b"}'), {
    '__name__="up",cluster="b",exported_cluster="old",job="x",': 4,
  });
  assert.deepEqual(await answer('up{exported_cluster="old"}'), {
    '__name__="up",cluster="b",exported_cluster="old",job="x",': 4,
  });
  assert.deepEqual(await answer('absent(up{cluster="c"})'), { 'cluster="c",': 1 });
});

test('aggregations are over all clusters, or by them', async () => {
  assert.deepEqual(await answer('sum(up)'), { '': 7 });
  assert.deepEqual(await answer('sum by (cluster) (up)'), { 'cluster="a",': 3, 'cluster="b",': 4 });
  assert.deepEqual(await answer('sum by (job) (up)'), { 'job="x",': 5, 'job="y",': 2 });
  assert.deepEqual(await answer('sum without (job) (up)'), {
    'cluster="a",': 3,
    'cluster="b",exported_cluster="old",': 4,
  });
  assert.deepEqual(await answer('up{cluster="b"} - on (job) up{cluster="a"}'), { 'job="x",': 3 });
  assert.deepEqual(await answer('topk(1, up) * 2'), { 'cluster="b",exported_cluster="old",job="x",': 8 });
});

test('what cannot be taken apart is refused', async () => {
  const query = 'quantile_over_time(scalar(sum(up)), up[5m])';
  await assert.rejects(merged.queryRange(query, grid), (error) => {
    return error instanceof FailureError && error.failure.code === 'not-supported';
  });
});

test('a cluster that is asked and fails is not passed over in silence', async () => {
  const failure = { code: 'timeout', tried: 'query', target: 'c', reason: 'too slow' } as const;
  const broken: Reader = {
    ...evaluating([]),
    queryRange: () => Promise.reject(new FailureError(failure)),
  };
  const several = new MergedReader([
    { name: 'c', reader: broken },
    { name: 'a', reader: evaluating([]) },
  ]);
  await assert.rejects(several.queryRange('up{cluster="c"}', grid), /too slow/);
});

test('generated expressions have the answers of one store that holds all clusters', async () => {
  const names = ['a:1', 'b:1'];
  const parts = names.map((_, i) => corpus(40 + i));
  const all = parts.flatMap((series, i) =>
    series.map((each) => ({ ...each, labels: { ...each.labels, cluster: names[i]! } })),
  );
  const whole = sourceOf(all);
  const several = new MergedReader(names.map((name, i) => ({ name, reader: evaluating(parts[i]!) })));
  const random = new Random(7);
  const generator = new Generator(random);
  const byKey = (series: readonly GridSeries[]) =>
    new Map(
      series
        .filter(({ values }) => !values.every(Number.isNaN))
        .map((each) => [labelsKey(each.labels), each]),
    );
  let compared = 0;
  for (let i = 0; i < 600; i++) {
    const { ours: text, ties } = generator.expression();
    const query = text.replaceAll(random.pick(['instance', 'job']), 'cluster');
    // The order of equal values is that of the source, and what is NaN or missing the wire does not tell apart.
    if (ties || /topk|bottomk|absent|NaN|odd|unless|count|group|present|scalar| or /.test(query)) continue;
    const attempt = async (work: () => Promise<readonly GridSeries[]> | readonly GridSeries[]) => {
      try {
        return byKey(await work());
      } catch (error) {
        assert.ok(error instanceof FailureError, String(error));
        return undefined;
      }
    };
    const expected = await attempt(() => evaluateRange(parsePromql(query), whole, grid).series);
    const got = await attempt(async () => (await several.queryRange(query, grid)).series);
    if (expected === undefined) continue;
    assert.ok(got, query);
    assert.deepEqual([...got.keys()].sort(), [...expected.keys()].sort(), query);
    for (const [key, { values }] of expected)
      values.forEach((value, at) => {
        const other = got.get(key)!.values[at]!;
        assert.ok(close(value, other), `${query} {${key}} ${value} ${other}`);
      });
    compared++;
  }
  assert.ok(compared > 150, String(compared));
});
