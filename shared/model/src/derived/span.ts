/** The part of a span that trees and summaries need. Times in ms since the epoch, with fraction. */
export interface TreeSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly serviceName: string;
  readonly start: number;
  readonly duration: number;
  readonly status: 'Unset' | 'Ok' | 'Error';
  readonly attributes: Readonly<Record<string, string>>;
}

export const compareSpans = (a: TreeSpan, b: TreeSpan): number =>
  a.start - b.start || b.duration - a.duration || (a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0);
