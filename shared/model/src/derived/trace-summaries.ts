import { compareSpans, type TreeSpan } from './span.ts';

export interface TraceDigest<S extends TreeSpan> {
  readonly traceId: string;
  readonly root: S;
  readonly spans: number;
  readonly services: readonly string[];
  readonly errors: number;
  /** ms, from the first start to the last end. */
  readonly duration: number;
}

/** One digest per trace, in the order in which traces first appear. */
export function traceSummaries<S extends TreeSpan>(spans: readonly S[]): readonly TraceDigest<S>[] {
  const traces = new Map<string, S[]>();
  for (const span of spans) {
    const list = traces.get(span.traceId);
    if (list) list.push(span);
    else traces.set(span.traceId, [span]);
  }
  return [...traces.values()].map(digest);
}

function digest<S extends TreeSpan>(spans: readonly S[]): TraceDigest<S> {
  const sorted = [...spans].sort(compareSpans);
  const root = sorted.find((span) => span.parentSpanId === '') ?? sorted[0]!;
  let end = -Infinity;
  for (const span of spans) end = Math.max(end, span.start + span.duration);
  return {
    traceId: root.traceId,
    root,
    spans: spans.length,
    services: [...new Set(sorted.map((span) => span.serviceName))],
    errors: spans.filter((span) => span.status === 'Error').length,
    duration: end - sorted[0]!.start,
  };
}
