import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';
import { CLOCK_METRICS } from '@gumshoe/schema/metrics/clock';
import type { CountedSpan } from './trace-series.ts';

/** Distance of the samples made, ms. */
const STEP = 60_000;
/** Calls of a minute without which nothing is told, and the part of them that must contradict in one direction. */
const LEAST = 5;
const MOST = 0.9;

type Placed = Pick<
  CountedSpan,
  'traceId' | 'spanId' | 'parentSpanId' | 'kind' | 'serviceName' | 'start' | 'duration'
>;

/**
 * By how much the clock of a server must be ahead of its client's (behind: negative) for the server's spans to lie within
 * the client's: seconds a minute, 0 while they do. A request is sent before it is served and answered afterwards, so each
 * call bounds the difference from both sides; what nine in ten calls agree on is told.
 */
export function clockSkewSeries(spans: readonly Placed[]): readonly Series[] {
  const byId = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span]));
  const pairs = new Map<string, { readonly labels: Labels; readonly minutes: Map<number, Bounds[]> }>();
  for (const server of spans) {
    const client = byId.get(`${server.traceId} ${server.parentSpanId}`);
    if (server.kind !== 'Server' || client?.kind !== 'Client') continue;
    if (client.serviceName === server.serviceName) continue;
    const labels = {
      __name__: CLOCK_METRICS.spanSkew.name,
      service_name: server.serviceName,
      client_service_name: client.serviceName,
    };
    const minute = Math.floor(client.start / STEP);
    if (!Number.isFinite(minute)) continue;
    const key = labelsKey(labels);
    let pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, (pair = { labels, minutes: new Map() }));
    const calls = pair.minutes.get(minute);
    if (calls) calls.push(boundsOf(client, server));
    else pair.minutes.set(minute, [boundsOf(client, server)]);
  }
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { labels, minutes }]) => {
      const known = [...minutes].filter(([, calls]) => calls.length >= LEAST).sort(([a], [b]) => a - b);
      if (known.length === 0) return [];
      return [
        {
          labels,
          timestamps: Float64Array.from(known, ([, calls]) => Math.max(...calls.map(({ at }) => at))),
          values: Float64Array.from(known, ([, calls]) => skewOf(calls)),
        },
      ];
    });
}

/** The difference of the two clocks lies between these, ms. */
interface Bounds {
  /** When the client had its answer, ms. */
  readonly at: number;
  readonly least: number;
  readonly most: number;
}

/** A server's span that is longer than its client's bounds nothing: one of the two is not what it seems. */
function boundsOf(client: Placed, server: Placed): Bounds {
  const [least, most] = [
    server.start + server.duration - client.start - client.duration,
    server.start - client.start,
  ];
  const at = client.start + client.duration;
  return least <= most ? { at, least, most } : { at, least: -Infinity, most: Infinity };
}

/** Seconds that most calls agree on at least; 0 where they do not contradict, or contradict each other. */
function skewOf(calls: readonly Bounds[]): number {
  const rank = Math.floor(calls.length * (1 - MOST));
  const ahead = calls.map(({ least }) => least).sort((a, b) => a - b)[rank]!;
  const behind = calls.map(({ most }) => most).sort((a, b) => b - a)[rank]!;
  if (ahead > 0 && Number.isFinite(ahead)) return ahead / 1000;
  return behind < 0 && Number.isFinite(behind) ? behind / 1000 : 0;
}
