import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { countedSeries } from './counted-series.ts';
import { histogramBlocks, metricsOf, recordsOf, seriesBlocks } from './contents.ts';
import { SnapshotFile, type SnapshotWriter } from './database.ts';
import { FORMAT_VERSION, type Manifest } from './manifest.ts';
import { mergeSeries, type Tally } from './merge-series.ts';
import { writeRecords, writeSeriesBlocks, writeWhole } from './write.ts';

export interface MergeSummary {
  readonly bytes: number;
  readonly window: Manifest['window'];
  readonly counts: Readonly<Record<string, number>>;
  /** Samples and records that several files have, kept once. */
  readonly overlaps: number;
  /** Of the same instant or identity, but different: the first file's were kept. */
  readonly conflicts: number;
}

/**
 * Several snapshots as one. What overlaps is in it once; where two files say different things of one instant, the first
 * wins and the conflict is counted. @throws FailureError as SnapshotFile and writeWhole.
 */
export async function mergeSnapshots(paths: readonly string[], to: string): Promise<MergeSummary> {
  const files: SnapshotFile[] = [];
  const tally: Tally = { overlaps: 0, conflicts: 0 };
  try {
    for (const path of paths) files.push(new SnapshotFile(path));
    const window = {
      from: Math.min(...files.map(({ manifest }) => manifest.window.from)),
      to: Math.max(...files.map(({ manifest }) => manifest.window.to)),
    };
    let counts: Readonly<Record<string, number>> = {};
    const bytes = await writeWhole(to, (writer) => {
      counts = writeMerged(files, writer, tally);
      writer.finish({ ...manifestOf(files, tally), window, counts });
    });
    return { bytes, window, counts, ...tally };
  } finally {
    for (const file of files) file.close();
  }
}

/** What was counted from spans and log records is counted anew: both files began at zero. */
function writeMerged(
  files: readonly SnapshotFile[],
  writer: SnapshotWriter,
  tally: Tally,
): Readonly<Record<string, number>> {
  const counted = new Set(files.flatMap(({ manifest }) => manifest.counted ?? []));
  const spans = mergeSpans(files, tally);
  const logs = mergeLogs(files, 'logs', tally);
  const anew = counted.size === 0 ? [] : countedSeries(spans, logs);
  const counts: Record<string, number> = { series: 0, histograms: 0 };
  const names = new Set(files.flatMap(metricsOf));
  for (const name of [...names, ...counted].sort().filter((one, i, all) => one !== all[i - 1])) {
    const own = new Set([name]);
    const series = counted.has(name)
      ? anew.filter(({ labels }) => labels['__name__'] === name)
      : mergeSeries(
          files.map((file) =>
            [...seriesBlocks(file, own), ...histogramBlocks(file, own)].flatMap(({ content }) => content),
          ),
          tally,
        );
    const written = writeSeriesBlocks(writer, series);
    counts['series']! += written.series;
    counts['histograms']! += written.histograms;
  }
  counts['spans'] = writeRecords(writer, 'spans', spans);
  counts['logs'] = writeRecords(writer, 'logs', logs);
  counts['events'] = writeRecords(writer, 'events', mergeLogs(files, 'events', tally));
  const samples = together(
    files.map((file) => recordsOf(file, 'profile-samples')),
    (sample) => JSON.stringify(sample),
    tally,
  );
  counts['profiles'] = writeRecords(writer, 'profile-samples', samples);
  writeRecords(
    writer,
    'profile-stacks',
    unique(
      files.map((file) => recordsOf(file, 'profile-stacks')),
      ([service, hash]) => `${service} ${hash}`,
      tally,
    ),
  );
  const settings = unique(
    files.map((file) => recordsOf(file, 'configuration')),
    ({ name }) => name,
    tally,
  );
  writeRecords(writer, 'configuration', settings);
  return counts;
}

function mergeSpans(files: readonly SnapshotFile[], tally: Tally): readonly Span[] {
  const key = ({ traceId, spanId, serviceName, kind }: Span): string =>
    `${traceId} ${spanId} ${serviceName} ${kind}`;
  const spans = unique(
    files.map((file) => recordsOf(file, 'spans')),
    key,
    tally,
  );
  return spans.sort((a, b) => b.start - a.start);
}

const mergeLogs = (
  files: readonly SnapshotFile[],
  part: 'logs' | 'events',
  tally: Tally,
): readonly LogRecord[] =>
  together(
    files.map((file) => recordsOf(file, part)),
    (record) => JSON.stringify(record),
    tally,
  ).sort((a, b) => b.timestamp - a.timestamp);

/** Records with an identity of their own: each once, the first file's. */
function unique<T>(lists: readonly (readonly T[])[], key: (one: T) => string, tally: Tally): T[] {
  const known = new Map<string, T>();
  for (const one of lists.flat()) {
    const id = key(one);
    const first = known.get(id);
    if (first === undefined) known.set(id, one);
    else if (JSON.stringify(first) === JSON.stringify(one)) tally.overlaps++;
    else tally.conflicts++;
  }
  return [...known.values()];
}

/** Records without an identity: as often as the file that has most of them. */
function together<T>(lists: readonly (readonly T[])[], key: (one: T) => string, tally: Tally): T[] {
  const most = new Map<string, number>();
  const out: T[] = [];
  for (const list of lists) {
    const own = new Map<string, number>();
    for (const one of list) {
      const id = key(one);
      const times = (own.get(id) ?? 0) + 1;
      own.set(id, times);
      if (times <= (most.get(id) ?? 0)) tally.overlaps++;
      else {
        most.set(id, times);
        out.push(one);
      }
    }
  }
  return out;
}

/** Each name once, with the most series that a file has of it. */
function mostOf(all: NonNullable<Manifest['untranslated']>): NonNullable<Manifest['untranslated']> {
  const most = new Map<string, number>();
  for (const { name, series } of all) most.set(name, Math.max(most.get(name) ?? 0, series));
  return [...most].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, series]) => ({ name, series }));
}

function manifestOf(files: readonly SnapshotFile[], tally: Tally): Omit<Manifest, 'window' | 'counts'> {
  const manifests = files.map(({ manifest }) => manifest);
  const counted = [...new Set(manifests.flatMap((one) => one.counted ?? []))].sort();
  const untranslated = mostOf(manifests.flatMap((one) => one.untranslated ?? []));
  const sources = [...new Set(manifests.map(({ source }) => source))];
  const sentences = [...new Set(manifests.flatMap(({ redaction }) => redaction))];
  return {
    formatVersion: FORMAT_VERSION,
    createdAt: Math.max(...manifests.map(({ createdAt }) => createdAt)),
    source: sources.join(' and '),
    redaction:
      tally.conflicts === 0
        ? sentences
        : [...sentences, `merged with ${tally.conflicts} conflicts: what the first file says was kept`],
    status: undefined,
    ...(counted.length > 0 ? { counted } : {}),
    ...(untranslated.length > 0 ? { untranslated } : {}),
  };
}
