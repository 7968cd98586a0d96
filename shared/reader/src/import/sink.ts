import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { Deltas } from './deltas.ts';
import type { FileReport } from './file-report.ts';
import { HistogramCollector } from './histogram-collector.ts';
import { isThinkable, UNTHINKABLE } from './instants.ts';
import { ProfileCollector } from './profile-collector.ts';
import { SeriesCollector } from './series-collector.ts';

/** Where imported records go. */
export interface ImportSink {
  readonly span: (span: Span) => void;
  readonly log: (record: LogRecord) => void;
  readonly event: (record: LogRecord) => void;
  readonly series: SeriesCollector;
  /** Increments, not totals. */
  readonly deltas: Deltas;
  readonly histograms: HistogramCollector;
  readonly profiles: ProfileCollector;
  /** Something of the file at hand that was not taken over. */
  readonly leaveOut: (reason: string, count?: number) => void;
}

/** What a reader of the snapshot can hold in memory. */
const MAX_SPANS = 1_000_000;
const MAX_LOGS = 2_000_000;
const MAX_BODY = 1_000_000;

/** Everything that files held so far. */
export class Gathered implements ImportSink {
  readonly series = new SeriesCollector();
  readonly deltas = new Deltas();
  readonly histograms = new HistogramCollector();
  readonly profiles = new ProfileCollector();
  readonly spans: Span[] = [];
  readonly logs: LogRecord[] = [];
  readonly events: LogRecord[] = [];
  /** Of the file at hand. */
  report: FileReport;

  constructor(report: FileReport) {
    this.report = report;
  }

  readonly leaveOut = (reason: string, count = 1): void => this.report.leaveOut(reason, count);

  readonly span = (span: Span): void => {
    if (!isThinkable(span.start) || !isThinkable(span.start + span.duration)) this.leaveOut(UNTHINKABLE);
    else if (this.spans.length < MAX_SPANS) this.spans.push(span);
    else this.leaveOut(`spans beyond ${MAX_SPANS}`);
  };
  readonly log = (record: LogRecord): void => this.#add(this.logs, record);
  readonly event = (record: LogRecord): void => this.#add(this.events, record);

  #add(list: LogRecord[], record: LogRecord): void {
    if (!isThinkable(record.timestamp)) return this.leaveOut(UNTHINKABLE);
    if (list.length >= MAX_LOGS) return this.leaveOut(`log records beyond ${MAX_LOGS}`);
    list.push(record.body.length > MAX_BODY ? { ...record, body: record.body.slice(0, MAX_BODY) } : record);
  }

  /** Takes over what a trial gathered. */
  addAll(trial: Gathered): void {
    this.series.addAll(trial.series);
    this.deltas.addAll(trial.deltas);
    this.histograms.addAll(trial.histograms);
    this.profiles.addAll(trial.profiles);
    for (const span of trial.spans) this.span(span);
    for (const log of trial.logs) this.log(log);
    for (const event of trial.events) this.event(event);
    for (const { reason, count } of trial.report.leftOut) this.leaveOut(reason, count);
  }

  /** Samples and records so far, by kind. */
  get counts() {
    const { series, deltas, histograms, profiles, spans, logs, events } = this;
    return {
      samples: series.samples + deltas.samples + histograms.samples,
      spans: spans.length,
      logs: logs.length,
      events: events.length,
      profiles: profiles.samples.length,
    };
  }

  /** Samples and records so far. */
  get taken(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
}
