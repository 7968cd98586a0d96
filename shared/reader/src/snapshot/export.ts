import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, MINUTE, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { historyFor } from '@gumshoe/engine/world-source';
import { isEventRecord } from '@gumshoe/schema/attributes';
import { cancelled } from '../failures.ts';
import type { SnapshotWriter } from './database.ts';
import { ForeignSeries } from './foreign-series.ts';
import { FORMAT_VERSION } from './manifest.ts';
import { MAX_PROFILE_ROWS, profileRowsOf } from './profile-rows.ts';
import { readInto } from './pseudonym-names.ts';
import { redactionOf, type Redaction, type RedactionChoices } from './redact.ts';
import type { Configuration } from './record-types.ts';
import type { Scope } from './scope.ts';
import { storedNames, type Selection } from './selection.ts';
import { writeRecords, writeSeriesBlocks, writeWhole } from './write.ts';

export interface ExportOptions {
  /** ms since the epoch; part of the manifest */
  readonly createdAt: number;
  readonly progress?: (done: number, total: number, what: string) => void;
  /** Everything, when left out. */
  readonly scope?: Scope;
  readonly redaction?: RedactionChoices;
  readonly configuration?: readonly Configuration[];
  /** Series beyond the catalogue. */
  readonly selection?: Selection;
}

export interface ExportSummary {
  readonly bytes: number;
  readonly series: number;
  /** Samples that are native histograms. */
  readonly histograms: number;
  readonly spans: number;
  readonly logs: number;
  readonly redaction: readonly string[];
}

/** An hour of them at 15 s is 240 million samples. */
const MAX_SERIES = 1_000_000;
/** The newest of these are kept. */
export const MAX_SPANS = 500_000;
export const MAX_LOGS = 200_000;
const SLICE = 5 * MINUTE;
/** A slice with fewer records may be followed by a longer one. */
const SPARSE = 2_000;
const LONGEST_SLICE = 60 * MINUTE;
const NAMES_AT_ONCE = 100;
/** Rates look back this far beyond the first instant that is asked for. */
const STALENESS = 10 * MINUTE;

/** What is worth asking a source for: the catalogue, and whatever else a source says it has. */
export const namesOf = (reader: Reader): readonly string[] =>
  'metricNames' in reader && typeof reader.metricNames === 'function'
    ? [...new Set([...(reader.metricNames() as readonly string[]), ...storedNames()])]
    : storedNames();

/** Whether a series goes into the file: of the catalogue all, beyond it what was selected; of these what is in scope. */
export function keepSeries({
  scope,
  selection,
}: Pick<ExportOptions, 'scope' | 'selection'>): (series: Series) => boolean {
  const chosen = new Set(selection?.names);
  return ({ labels }) =>
    (!scope || scope.series(labels)) &&
    (!selection || !chosen.has(labels['__name__'] ?? '') || selection.keep(labels));
}

/** What an investigation of the window reads: baselines and rates at its start need what came before. */
export const withHistory = (range: TimeRange): TimeRange => ({
  from: milliseconds(range.from - historyFor(range) - STALENESS),
  to: range.to,
});

/**
 * Writes everything the engine could read of the window into one file. The file appears under its name only when
 * it is complete. Rejects with FailureError; `signal` cancels and leaves nothing behind.
 */
export async function exportSnapshot(
  reader: Reader,
  range: TimeRange,
  path: string,
  options: ExportOptions,
  signal?: AbortSignal,
): Promise<ExportSummary> {
  let counts: Readonly<Record<string, number>> = {};
  let notes: readonly string[] = [];
  const bytes = await writeWhole(path, async (writer) => {
    const job = new ExportJob(reader, range, writer, options, signal);
    counts = await job.run();
    notes = job.notes();
    const status = await reader.status(signal);
    const hashed = options.redaction?.pseudonyms !== undefined;
    writer.finish({
      formatVersion: FORMAT_VERSION,
      createdAt: options.createdAt,
      window: { from: range.from, to: range.to },
      source: hashed ? 'a source whose name is hidden' : status.name,
      counts,
      redaction: notes,
      status: hashed ? undefined : status,
    });
  });
  return {
    bytes,
    series: counts['series'] ?? 0,
    histograms: counts['histograms'] ?? 0,
    spans: counts['spans'] ?? 0,
    logs: counts['logs'] ?? 0,
    redaction: notes,
  };
}

/** A snapshot as a source. */
interface ConfiguredSource {
  readonly configuration: () => readonly Configuration[];
}

/** One export on its way into a writer. */
class ExportJob {
  readonly #reader: Reader;
  readonly #wide: TimeRange;
  readonly #writer: SnapshotWriter;
  readonly #options: ExportOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #redaction: Redaction;
  readonly #counts: Record<string, number> = {
    ...{ series: 0, histograms: 0, spans: 0, logs: 0, events: 0, profiles: 0 },
  };
  readonly #missing: string[] = [];
  readonly #foreign: ForeignSeries;
  #room = MAX_SERIES;

  constructor(
    reader: Reader,
    range: TimeRange,
    writer: SnapshotWriter,
    options: ExportOptions,
    signal?: AbortSignal,
  ) {
    this.#reader = reader;
    this.#wide = withHistory(range);
    this.#writer = writer;
    this.#options = options;
    this.#signal = signal;
    this.#redaction = redactionOf(options.redaction ?? {});
    this.#foreign = new ForeignSeries(options.selection?.names ?? []);
  }

  async run(): Promise<Readonly<Record<string, number>>> {
    const { selection } = this.#options;
    const names = [...namesOf(this.#reader), ...(selection?.names ?? [])];
    this.#missing.push(...(selection?.notes ?? []));
    const groups: string[][] = [];
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) groups.push(names.slice(at, at + NAMES_AT_ONCE));
    const pseudonyms = this.#options.redaction?.pseudonyms;
    const steps: readonly (readonly [string, () => Promise<void>])[] = [
      ...(pseudonyms
        ? [['names', () => readInto(pseudonyms, this.#reader, this.#wide, this.#signal)] as const]
        : []),
      ...groups.map((group) => ['series', () => this.#writeSeries(group)] as const),
      ['series of other systems', () => this.#writeTranslated()],
      ['spans', () => this.#writeSpans()],
      ['logs', () => this.#writeLogs()],
      ['profiles', () => this.#writeProfiles()],
    ];
    for (const [done, [what, write]] of steps.entries()) {
      this.#checkCancelled(what);
      this.#options.progress?.(done, steps.length, what);
      await write();
    }
    if (this.#room <= 0) this.#missing.push(`only the first ${MAX_SERIES} series are included`);
    this.#writeConfiguration();
    this.#options.progress?.(steps.length, steps.length, 'done');
    return this.#counts;
  }

  /** What the source brings along, and what is given; of one name the latter. */
  #writeConfiguration(): void {
    const source = this.#reader;
    const brought = 'configuration' in source ? (source as ConfiguredSource).configuration() : [];
    const byName = new Map(
      [...brought, ...(this.#options.configuration ?? [])].map((one) => [one.name, one]),
    );
    const text = (file: string): string => this.#options.redaction?.pseudonyms?.apply(file) ?? file;
    const files = [...byName.values()].map((one) => ({ name: one.name, text: text(one.text) }));
    if (files.length > 0) writeRecords(this.#writer, 'configuration', files);
  }

  #checkCancelled(what: string): void {
    if (this.#signal?.aborted) throw cancelled('export snapshot', what);
  }

  #count(what: string, by: number): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + by;
  }

  async #writeSeries(names: readonly string[]): Promise<void> {
    const { redaction } = this.#options;
    const read = await this.#reader.series(names, this.#wide, this.#signal);
    const kept = read.filter(keepSeries(this.#options)).slice(0, this.#room);
    this.#room -= kept.length;
    this.#foreign.see(kept);
    if (redaction?.pseudonyms) for (const { labels } of kept) redaction.pseudonyms.learnLabels(labels);
    this.#write(kept);
  }

  /** What was selected beyond the catalogue, as an import would understand it. */
  async #writeTranslated(): Promise<void> {
    const { series, notes } = this.#foreign.translated();
    this.#missing.push(...notes);
    this.#write(series);
  }

  #write(series: readonly Series[]): void {
    const { series: floats, histograms } = writeSeriesBlocks(this.#writer, this.#redaction.series(series));
    this.#count('series', floats);
    this.#count('histograms', histograms);
  }

  async #writeSpans(): Promise<void> {
    const { scope } = this.#options;
    await this.#slices(MAX_SPANS, async (slice, limit) => {
      const read = await this.#reader.spans({ range: slice, order: 'newest', limit }, this.#signal);
      const kept = scope ? read.filter(scope.span) : read;
      const written = kept.map(this.#redaction.span);
      this.#count('spans', writeRecords(this.#writer, 'spans', written, this.#counts['spans']));
      return read.length;
    });
  }

  async #writeLogs(): Promise<void> {
    const { scope } = this.#options;
    await this.#slices(MAX_LOGS, async (slice, limit) => {
      const read = await this.#reader.logs({ range: slice, limit }, this.#signal);
      const kept = scope ? read.filter(scope.log) : read;
      for (const part of ['logs', 'events'] as const) {
        const own = kept.filter(({ attributes }) => isEventRecord(attributes) === (part === 'events'));
        const written = own.map(this.#redaction.log);
        this.#count(part, writeRecords(this.#writer, part, written, this.#counts[part]));
      }
      return read.length;
    });
  }

  /** Newest slice first, so that no answer of the source has to hold the whole window. */
  async #slices(most: number, take: (slice: TimeRange, limit: number) => Promise<number>): Promise<void> {
    const { from, to } = this.#wide;
    let [taken, length] = [0, SLICE];
    for (let end = to; end > from && taken < most;) {
      this.#checkCancelled('slices');
      const start = milliseconds(Math.max(from, end - length));
      const read = await take({ from: start, to: end }, most - taken);
      taken += read;
      length = read < SPARSE ? Math.min(2 * length, LONGEST_SLICE) : SLICE;
      end = start;
    }
    if (taken >= most) this.#missing.push(`only the newest ${most} of the spans or log records are included`);
  }

  /** Raw rows, since an investigation compares profiles of windows of its own choice. */
  async #writeProfiles(): Promise<void> {
    const { scope } = this.#options;
    try {
      const { samples, stacks } = await profileRowsOf(this.#reader, this.#wide, this.#signal);
      const kept = scope ? samples.filter(([service]) => scope.service(service)) : samples;
      const used = new Set(kept.map(([service, , , , , hash]) => `${service} ${hash}`));
      const needed = scope ? stacks.filter(([service, hash]) => used.has(`${service} ${hash}`)) : stacks;
      writeRecords(this.#writer, 'profile-stacks', needed.map(this.#redaction.stack));
      this.#count(
        'profiles',
        writeRecords(this.#writer, 'profile-samples', kept.map(this.#redaction.sample)),
      );
      if (samples.length >= MAX_PROFILE_ROWS)
        this.#missing.push(`only the newest ${MAX_PROFILE_ROWS} profiles of the window are included`);
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.code !== 'not-supported') throw error;
      this.#missing.push(`profiles are not included: ${toFailure(error, 'read profiles', 'source').reason}`);
    }
  }

  notes(): readonly string[] {
    const { scope, redaction } = this.#options;
    const hidden = (text: string): string => redaction?.pseudonyms?.apply(text) ?? text;
    const only = scope ? [`only what belongs to ${scope.applications.join(', ')} is included`] : [];
    return [
      'SQL and Redis keys were obfuscated when they were captured',
      'request and response bodies and headers were never stored',
      'no credentials are included',
      ...only.map((sentence) => hidden(sentence).slice(0, 4000)),
      ...this.#redaction.sentences,
      ...this.#missing.map(hidden),
    ];
  }
}
