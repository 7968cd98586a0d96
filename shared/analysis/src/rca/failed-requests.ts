import type { CountedSpan } from '@gumshoe/model/derived/trace-series';

/** A service that failed requests have to do with, and good requests of the same names. Shares are 0..1. */
export interface Involved {
  readonly serviceName: string;
  readonly failed: number;
  readonly good: number;
}

/** What requests that failed in an application itself have in common. */
export interface FailedRequests {
  /** How many failed and good ones were looked at. */
  readonly failed: number;
  readonly good: number;
  /** Whose answer was the last that it got before it failed, or was done. */
  readonly after: readonly Involved[];
  /** Who asked. */
  readonly askedBy: readonly Involved[];
}

/** Requests that must have been looked at on either side. */
const LEAST = 8;

interface Request {
  readonly name: string;
  readonly failed: boolean;
  readonly lastAnswer: string;
  readonly client: string;
}

/**
 * Compares the requests that failed in a service, although nothing it called failed, with good ones of the same names.
 * undefined when too few of either are known.
 */
export function failedRequests(
  serviceNames: readonly string[],
  spans: readonly CountedSpan[],
): FailedRequests | undefined {
  const own = new Set(serviceNames);
  const requests = [...Map.groupBy(spans, ({ traceId }) => traceId).values()].flatMap((trace) =>
    requestsIn(trace, own),
  );
  const failed = requests.filter((one) => one.failed);
  const names = new Set(failed.map(({ name }) => name));
  const good = requests.filter((one) => !one.failed && names.has(one.name));
  if (failed.length < LEAST || good.length < LEAST) return undefined;
  return {
    failed: failed.length,
    good: good.length,
    after: involved(failed, good, ({ lastAnswer }) => lastAnswer),
    askedBy: involved(failed, good, ({ client }) => client),
  };
}

/** Requests to the services in one trace, but for those that failed because a call of theirs did. */
function requestsIn(trace: readonly CountedSpan[], own: ReadonlySet<string>): readonly Request[] {
  const byId = new Map(trace.map((span) => [span.spanId, span]));
  const children = Map.groupBy(trace, ({ parentSpanId }) => parentSpanId);
  return trace.flatMap((span) => {
    const parent = byId.get(span.parentSpanId);
    const client = parent?.serviceName ?? '';
    if (!own.has(span.serviceName) || own.has(client)) return [];
    const calls = callsOf(span, children, own);
    const failed = span.status === 'Error';
    if (failed && calls.some((call) => call.failed)) return [];
    const last = calls.toSorted((one, other) => one.end - other.end).at(-1);
    return [{ name: span.name, failed, lastAnswer: last?.serviceName ?? '', client }];
  });
}

interface Call {
  /** '' where the other side left no span */
  readonly serviceName: string;
  readonly end: number;
  readonly failed: boolean;
}

/** Calls of other services on behalf of one request. */
function callsOf(
  request: CountedSpan,
  children: ReadonlyMap<string, readonly CountedSpan[]>,
  own: ReadonlySet<string>,
): readonly Call[] {
  const seen = new Set<string>([request.spanId]);
  const inside = [request];
  const calls: Call[] = [];
  for (const one of inside) {
    const below = (children.get(one.spanId) ?? []).filter(({ spanId }) => !seen.has(spanId));
    if (one !== request && one.kind === 'Client' && below.length === 0) calls.push(callOf(one, ''));
    for (const child of below) {
      seen.add(child.spanId);
      if (own.has(child.serviceName)) inside.push(child);
      else calls.push(callOf(child, child.serviceName));
    }
  }
  return calls;
}

const callOf = ({ start, duration, status }: CountedSpan, serviceName: string): Call => ({
  serviceName,
  end: start + duration,
  failed: status === 'Error',
});

function involved(
  failed: readonly Request[],
  good: readonly Request[],
  of: (request: Request) => string,
): readonly Involved[] {
  const share = (requests: readonly Request[], name: string): number =>
    requests.filter((one) => of(one) === name).length / requests.length;
  return [...new Set([...failed, ...good].map(of))]
    .filter((name) => name !== '')
    .map((name) => ({ serviceName: name, failed: share(failed, name), good: share(good, name) }))
    .sort((a, b) => b.failed - a.failed || (a.serviceName < b.serviceName ? -1 : 1));
}
