import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { DAY, HOUR, milliseconds, MINUTE, type TimeGrid } from '@gumshoe/base/time';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { compileMatchers } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import type { SeriesSource } from '@gumshoe/promql/source';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { createEngine } from './engine.ts';
import { FakeReader } from './testdata/fake-reader.ts';

const END = Date.parse('2026-11-20T00:00:00Z');
const ALL = { from: milliseconds(END - 4 * DAY), to: milliseconds(END) };

/** 20 requests/s: 16 % fail in the last hour, 2 % in the rest of the last day, 0.1 % before; all take 20 ms. */
function requests(): readonly Series[] {
  const writer = new SeriesWriter(ALL, MINUTE);
  const labels = { machine_id: 'm', system_uuid: 'u', app_id: '' };
  const container = { ...labels, container_id: '/k8s/shop/web-7d4b9c6f5d-x2x9k/web' };
  const { inbound, inboundDuration } = REQUEST_METRICS.http;
  const failed = (at: number): number => (at > END - HOUR ? 3.2 : at > END - DAY ? 0.4 : 0.02);
  writer.gauge(C.info.name, { ...container, image: 'web:1' }, () => 1);
  writer.counter(inbound.name, { ...container, status: '200' }, (at) => 20 - failed(at));
  writer.counter(inbound.name, { ...container, status: '500' }, failed);
  writer.histogram(
    inboundDuration.name,
    container,
    () => 20,
    () => 0.02,
  );
  return writer.series;
}

function sourceOf(all: readonly Series[]): SeriesSource {
  return {
    select: (matchers, from, to) => {
      const accept = compileMatchers(matchers);
      return all
        .filter(({ labels }) => accept(labels))
        .map(({ labels, timestamps, values }) => {
          const keep = (_: number, i: number): boolean => timestamps[i]! > from && timestamps[i]! <= to;
          return { labels, timestamps: timestamps.filter(keep), values: values.filter(keep) };
        });
    },
  };
}

function engineOver(series: readonly Series[]) {
  const asked: { readonly query: string; readonly points: number }[] = [];
  const source = sourceOf(series);
  const reader = Object.assign(new FakeReader({ series }), {
    queryRange: async (query: string, grid: TimeGrid) => {
      asked.push({ query, points: grid.points });
      return evaluateRange(parsePromql(query), source, grid);
    },
    extent: async () => ALL,
  });
  return { engine: createEngine({ reader, clock: { now: () => milliseconds(END + 5 * MINUTE) } }), asked };
}

test('an hour is judged by the days before it: burn rates of six hours to three days, and the budget of the period', async () => {
  const { engine, asked } = engineOver(requests());
  const { applications } = await engine.overview({ from: milliseconds(END - HOUR), to: ALL.to });
  const [availability, latency] = applications[0]!.slos;
  const rates = availability!.burnRates.map(
    ({ longWindow, longRate }) => [longWindow / HOUR, longRate] as const,
  );
  // worked out from the shares above: (16 + 5 * 2) / 6, (16 + 23 * 2) / 24, (16 + 23 * 2 + 48 * 0.1) / 72
  const expected = [16, 26 / 6, 62 / 24, 66.8 / 72];
  assert.deepEqual(
    rates.map(([hours]) => hours),
    [1, 6, 24, 72],
  );
  rates.forEach(([, rate], i) => assert.ok(Math.abs(rate / expected[i]! - 1) < 0.01, `${i}: ${rate}`));
  const { left, covered, timeline } = availability!.errorBudget!;
  // 49,824 of 518,400 that thirty days allow; the first quarter of a day has no beginning to count from
  assert.ok(Math.abs(left - (1 - 49_824 / 518_400)) < 0.002, `${left}`);
  assert.ok(covered >= 3.7 * DAY && timeline.at[0]! < END - 3 * DAY && timeline.left.at(-1) === left);
  assert.ok(latency!.errorBudget!.left > 0.999_999);
  // who is who with the counters, and of the buckets those beside half a second; by half hours and by quarters of days
  assert.deepEqual(
    asked.map(({ query, points }) => [points, /le=~/.test(query)]),
    [
      [5, false],
      [5, true],
      [143, false],
      [143, true],
    ],
  );
  await engine.alerts({ from: milliseconds(END - 59 * MINUTE), to: ALL.to });
  assert.equal(asked.length, 4, 'the past is asked once');
});

test('a source that has nothing older is asked nothing', async () => {
  const { engine, asked } = engineOver(requests());
  await engine.overview(ALL);
  assert.deepEqual(asked, []);
});
