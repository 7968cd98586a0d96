import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import type { TimeRange } from '@gumshoe/base/time';
import type { LogRecord, Reader, Span, StackSamples } from '../ports.ts';

export interface FakeContent {
  readonly series?: readonly Series[];
  readonly spans?: readonly Span[];
  readonly logs?: readonly LogRecord[];
  readonly profile?: (serviceName: string, range: TimeRange) => StackSamples;
}

const NO_SAMPLES: StackSamples = { frames: [], stacks: [], values: new Float64Array(), unit: 'nanoseconds' };

const within = (at: number, range: TimeRange): boolean => at > range.from && at <= range.to;

/** A reader over arrays, with the selections a real one makes. Counts how often series were read. */
export class FakeReader implements Reader {
  reads = 0;
  readonly #content: FakeContent;

  constructor(content: FakeContent) {
    this.#content = content;
  }

  async status() {
    return { name: 'fake', kind: 'snapshot' as const, parts: [] };
  }

  async series(metrics: readonly string[], range: TimeRange, signal?: AbortSignal): Promise<readonly Series[]> {
    this.reads++;
    await Promise.resolve();
    if (signal?.aborted) throw cancelled();
    const names = new Set(metrics);
    return (this.#content.series ?? [])
      .filter((one) => names.has(one.labels.__name__ ?? ''))
      .map((one) => cut(one, range));
  }

  async queryRange(_promql: string, grid: Parameters<Reader['queryRange']>[1]) {
    return { grid, series: [] };
  }

  async sql() {
    return { columns: [], rows: [], truncated: false };
  }

  async spans(filter: Parameters<Reader['spans']>[0]): Promise<readonly Span[]> {
    const found = (this.#content.spans ?? []).filter(
      (span) =>
        within(span.start, filter.range) &&
        (filter.serviceName === undefined || span.serviceName === filter.serviceName) &&
        (filter.kind === undefined || span.kind === filter.kind) &&
        (!filter.rootsOnly || span.parentSpanId === '') &&
        (!filter.errorsOnly || span.status === 'Error'),
    );
    const sorted = [...found].sort((a, b) =>
      filter.order === 'slowest' ? b.duration - a.duration : b.start - a.start,
    );
    return sorted.slice(0, filter.limit);
  }

  async trace(traceId: string): Promise<readonly Span[]> {
    return (this.#content.spans ?? []).filter((span) => span.traceId === traceId);
  }

  async logs(filter: Parameters<Reader['logs']>[0]): Promise<readonly LogRecord[]> {
    return (this.#content.logs ?? [])
      .filter((line) => within(line.timestamp, filter.range))
      .filter((line) => filter.serviceName === undefined || line.serviceName === filter.serviceName)
      .slice(0, filter.limit);
  }

  async profile(filter: Parameters<Reader['profile']>[0]): Promise<StackSamples> {
    return this.#content.profile?.(filter.serviceName, filter.range) ?? NO_SAMPLES;
  }

  async extent(): Promise<TimeRange | undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}

function cut(series: Series, range: TimeRange): Series {
  const keep = [...series.timestamps.keys()].filter((i) => within(series.timestamps[i]!, range));
  return {
    labels: series.labels,
    timestamps: Float64Array.from(keep, (i) => series.timestamps[i]!),
    values: Float64Array.from(keep, (i) => series.values[i]!),
  };
}

export const cancelled = (): FailureError =>
  new FailureError({ code: 'cancelled', tried: 'read series', target: 'fake', reason: 'cancelled' });
