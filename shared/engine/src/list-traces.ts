import { traceSummaries } from '@gumshoe/model/derived/trace-summaries';
import type { TraceSummary } from './api.ts';
import type { Reader, Span, SpanFilter } from './ports.ts';

/** Whole traces are read for this many summaries; the rest of a longer list tells of its matching spans only. */
const MAX_WHOLE_TRACES = 200;
/** Traces asked for at the same time where the reader has no way to ask for several. */
const AT_ONCE = 8;

/** One summary per trace that has a matching span, in the order of the filter, over all spans of the trace. */
export async function listTraces(
  reader: Reader,
  filter: SpanFilter,
  signal?: AbortSignal,
): Promise<readonly TraceSummary[]> {
  const matching = await reader.spans(filter, signal);
  const ids = [...new Set(matching.map((span) => span.traceId))];
  const whole = ids.slice(0, MAX_WHOLE_TRACES);
  const spans = await spansOfTraces(reader, whole, signal);
  const complete = new Set(spans.map((span) => span.traceId));
  const digests = traceSummaries([...spans, ...matching.filter((span) => !complete.has(span.traceId))]);
  const byId = new Map(digests.map((digest) => [digest.traceId, digest]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** All spans of several traces. */
export async function spansOfTraces(
  reader: Reader,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Span[]> {
  if (reader.spansOf) return reader.spansOf(ids, signal);
  const spans: Span[] = [];
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const batch = ids.slice(i, i + AT_ONCE).map((id) => reader.trace(id, signal));
    spans.push(...(await Promise.all(batch)).flat());
  }
  return spans;
}
