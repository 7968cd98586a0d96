import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '@gumshoe/engine/engine';
import { HOUR, milliseconds } from '@gumshoe/base/time';
import { modelMetrics } from '@gumshoe/model/read-list';
import { SnapshotFile } from '@gumshoe/reader/snapshot/database';
import { estimateExport } from '@gumshoe/reader/snapshot/estimate';
import { exportSnapshot, withHistory } from '@gumshoe/reader/snapshot/export';
import { openSnapshot } from '@gumshoe/reader/snapshot/reader';
import { verifySnapshot } from '@gumshoe/reader/snapshot/verify';
import { figures, median } from './figures.ts';
import { loadLogs, loadSeries, loadSpans, memoryReader, type Load } from './snapshot-source.ts';

const START = Date.UTC(2026, 0, 1);
const LOADS: readonly Load[] = [
  { services: 50, instances: 2, step: 15_000, spansPerSecond: 20, logsPerSecond: 25 },
  { services: 200, instances: 2, step: 15_000, spansPerSecond: 80, logsPerSecond: 100 },
];
const RUNS = 5;

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const before = performance.now();
  const value = await work();
  return { value, ms: performance.now() - before };
}

/** An hour of many services as a snapshot: size by signal, bytes of a sample, time to write, to open and to read. */
export async function benchSnapshot(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-bench-'));
  try {
    for (const load of LOADS) await benchLoad(load, join(directory, `${load.services}.gumshoe`));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function benchLoad(load: Load, path: string): Promise<void> {
  const range = { from: milliseconds(START), to: milliseconds(START + HOUR) };
  const wide = withHistory(range);
  const reader = memoryReader(wide, loadSeries(load, wide), loadSpans(load, wide), loadLogs(load, wide));
  const estimate = await timed(() => estimateExport(reader, range));
  const written = await timed(() => exportSnapshot(reader, range, path, { createdAt: START }));
  const open: number[] = [];
  const read: number[] = [];
  const overview: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const opened = await timed(() => openSnapshot(path));
    open.push(opened.ms);
    read.push((await timed(() => opened.value.series(modelMetrics, wide))).ms);
    overview.push((await timed(() => createEngine({ reader: opened.value }).overview(range))).ms);
    await opened.value.close();
  }
  const file = new SnapshotFile(path);
  const parts = verifySnapshot(file);
  file.close();
  const minutes = ((wide.to - wide.from) / 60_000).toFixed(0);
  console.log(
    `snapshot: ${load.services} services, ${load.instances} instances each, an hour at ${load.step / 1000} s and what an investigation of it looks back (${minutes} min together)`,
  );
  console.log(
    figures(
      ['part', 'records', 'samples', 'size', 'bytes each'],
      parts.map(({ part, records, samples, bytes }) => [
        part,
        String(records),
        samples === undefined ? '' : String(samples),
        mb(bytes),
        (bytes / (samples ?? records)).toFixed(2),
      ]),
    ),
  );
  console.log(
    figures(
      ['file', 'estimated', 'estimate', 'export', 'open', 'read all series', 'first overview'],
      [
        [
          mb(written.value.bytes),
          mb(estimate.value.bytes),
          ...[estimate.ms, written.ms, median(open), median(read), median(overview)].map(
            (ms) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`,
          ),
        ],
      ],
    ),
  );
}
