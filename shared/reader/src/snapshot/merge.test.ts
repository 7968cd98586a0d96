import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { labelsKey, type Series } from '@gumshoe/base/series';
import { milliseconds, MINUTE } from '@gumshoe/base/time';
import type { LogRecord } from '@gumshoe/engine/ports';
import { recordsOf, seriesBlocks } from './contents.ts';
import { SnapshotFile } from './database.ts';
import { writeBase, BASE_RANGE } from './fuzz/base.ts';
import { mergeSeries } from './merge-series.ts';
import { mergeSnapshots } from './merge.ts';
import { FORMAT_VERSION } from './manifest.ts';
import { trimSnapshot } from './transform.ts';
import { verifySnapshot } from './verify.ts';
import { writeRecords, writeSeriesBlocks, writeWhole } from './write.ts';

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-merge-'));
const path = (name: string): string => join(directory, name);
before(() => writeBase(path('base')));
after(() => rmSync(directory, { recursive: true, force: true }));

function contentOf(name: string) {
  const file = new SnapshotFile(path(name));
  try {
    verifySnapshot(file);
    const series = [...seriesBlocks(file)]
      .flatMap(({ content }) => content)
      .map(({ labels, timestamps, values }) => [labelsKey(labels), [...timestamps], [...values]] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const records = (
      ['spans', 'logs', 'events', 'profile-samples', 'profile-stacks', 'configuration'] as const
    ).map((part) => recordsOf(file, part));
    return { series, records, window: file.manifest.window };
  } finally {
    file.close();
  }
}

test('a file cut in two with an overlap and merged is the whole again', async () => {
  const { from, to } = BASE_RANGE;
  const third = (to - from) / 3;
  await trimSnapshot(path('base'), path('a'), { range: { from, to: milliseconds(from + 2 * third) } });
  await trimSnapshot(path('base'), path('b'), { range: { from: milliseconds(from + third), to } });
  const { conflicts, overlaps, window } = await mergeSnapshots([path('a'), path('b')], path('whole'));
  assert.equal(conflicts, 0);
  assert.ok(overlaps > 0);
  assert.deepEqual(window, { from, to });
  assert.deepEqual(contentOf('whole'), contentOf('base'));
});

test('trimmed to its own window, or merged with itself, a file says the same', async () => {
  await trimSnapshot(path('base'), path('same'));
  assert.deepEqual(contentOf('same'), contentOf('base'));
  const { conflicts } = await mergeSnapshots([path('base'), path('same')], path('twice'));
  assert.equal(conflicts, 0);
  assert.deepEqual(contentOf('twice'), contentOf('base'));
});

test('samples of the same instant: equal ones once, others are conflicts that the first file wins', () => {
  const one = (timestamps: number[], values: number[]): Series => ({
    labels: { __name__: 'm' },
    timestamps: Float64Array.from(timestamps),
    values: Float64Array.from(values),
  });
  const tally = { overlaps: 0, conflicts: 0 };
  const [merged, ...rest] = mergeSeries(
    [[one([1, 2, 3], [1, NaN, 3])], [one([2, 3, 4], [NaN, 9, 4])]],
    tally,
  );
  assert.equal(rest.length, 0);
  assert.deepEqual(merged, one([1, 2, 3, 4], [1, NaN, 3, 4]));
  assert.deepEqual(tally, { overlaps: 1, conflicts: 1 });
});

test('counts of spans that began at zero twice go on where the first stood', () => {
  const one = (timestamps: number[], values: number[]): Series => ({
    labels: { __name__: 'gumshoe_trace_requests_total', service_name: 'api' },
    timestamps: Float64Array.from(timestamps),
    values: Float64Array.from(values),
  });
  const tally = { overlaps: 0, conflicts: 0 };
  const [merged] = mergeSeries([[one([1, 2, 3], [0, 5, 9])], [one([2, 3, 4], [0, 4, 6])]], tally);
  assert.deepEqual(merged, one([1, 2, 3, 4], [0, 5, 9, 11]));
  assert.deepEqual(tally, { overlaps: 2, conflicts: 0 });
});

async function writeLogs(name: string, first: number, counted: boolean): Promise<void> {
  const logs = Array.from({ length: 4 }, (_, i): LogRecord => ({
    timestamp: milliseconds(BASE_RANGE.from + (first + i) * 5000 + 1),
    severity: 'ERROR',
    serviceName: 'api',
    containerId: '',
    body: 'it broke',
    traceId: '',
    spanId: '',
    attributes: {},
  })).reverse();
  await writeWhole(path(name), (writer) => {
    writeSeriesBlocks(writer, []);
    writeRecords(writer, 'logs', logs);
    writer.finish({
      formatVersion: FORMAT_VERSION,
      createdAt: 0,
      window: { from: BASE_RANGE.from, to: BASE_RANGE.from + MINUTE },
      source: 'a file',
      counts: { series: 0, logs: 4 },
      redaction: [],
      status: undefined,
      ...(counted ? { counted: ['gumshoe_log_messages_total'] } : {}),
    });
  });
}

test('what was counted from log records is counted anew, so that counters do not begin twice', async () => {
  await writeLogs('early', 0, true);
  await writeLogs('late', 2, true);
  const { overlaps, counts } = await mergeSnapshots([path('early'), path('late')], path('counted'));
  assert.equal(counts['logs'], 6);
  assert.equal(overlaps, 2);
  const [series] = contentOf('counted').series;
  assert.deepEqual(series?.[2], [0, 1, 2, 3, 4, 5, 6]);
});

test('a damaged input leaves no output', async () => {
  const files = readdirSync(directory).sort();
  await assert.rejects(mergeSnapshots([path('base'), path('none')], path('never')), /no such file/);
  await assert.rejects(trimSnapshot(path('base'), path('no/folder')), /write snapshot/);
  assert.deepEqual(readdirSync(directory).sort(), files);
});
