import { failedRequests, type FailedRequests } from '@gumshoe/analysis/rca/failed-requests';
import type { EvidenceRequest } from '@gumshoe/analysis/rca/wanted';
import type { Application } from '@gumshoe/model/world';
import { spansOfTraces } from './list-traces.ts';
import type { Reader, Span, SpanFilter } from './ports.ts';

/** Spans looked at, and traces read of them, of each of the failed ones, the good ones beside them and those before. */
const MAX_SPANS = 200;
const MAX_TRACES = 40;

/** What the requests that failed in an application have in common; undefined when too few traces tell. */
export async function gatherFailures(
  reader: Reader,
  { serviceNames }: Application,
  { range, baseline }: EvidenceRequest,
  signal?: AbortSignal,
): Promise<FailedRequests | undefined> {
  const wanted: string[] = [];
  for (const serviceName of serviceNames) {
    const ask = (more: Pick<SpanFilter, 'range' | 'errorsOnly'>): Promise<readonly Span[]> =>
      reader.spans({ serviceName, kind: 'Server', order: 'newest', limit: MAX_SPANS, ...more }, signal);
    const [failed, beside, before] = await Promise.all([
      ask({ range, errorsOnly: true }),
      ask({ range }),
      ask({ range: baseline }),
    ]);
    const names = new Set(failed.map(({ name }) => name));
    const isGood = ({ status, name }: Span): boolean => status !== 'Error' && names.has(name);
    for (const spans of [failed, beside.filter(isGood), before.filter(isGood)])
      wanted.push(...[...new Set(spans.map(({ traceId }) => traceId))].slice(0, MAX_TRACES));
  }
  const ids = [...new Set(wanted)];
  return ids.length === 0
    ? undefined
    : failedRequests(serviceNames, await spansOfTraces(reader, ids, signal));
}
