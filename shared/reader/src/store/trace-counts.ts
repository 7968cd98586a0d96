import type { Labels, Series } from '@gumshoe/base/series';
import type { TimeRange } from '@gumshoe/base/time';
import { TRACE_LATENCY_BOUNDS_SECONDS, TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { countWindow, type CountWindow } from './count-window.ts';
import type { SqlRequest } from '../transports.ts';
import { placesRequest, spanCountRequest, traceCountsRequest } from './trace-counts-query.ts';

/** Spans that one question counts; of more, every n-th trace stands for n. */
const MAX_SPANS = 1_000_000;

type Rows = readonly (readonly unknown[])[];

/**
 * Counters of what applications' own spans say, by one aggregating query of the store: the series that an import makes
 * (shared/model/src/derived/trace-series.ts), from zero at the start of the window to the last span.
 */
export async function traceCounts(
  range: TimeRange,
  ask: (request: SqlRequest) => Promise<Rows>,
  note: (text: string) => void,
): Promise<readonly Series[]> {
  const window = countWindow(range);
  const spans = Number((await ask(spanCountRequest(window)))[0]?.[0] ?? 0);
  if (spans === 0) return [];
  const oneIn = Math.max(1, Math.ceil(spans / MAX_SPANS));
  if (oneIn > 1) note(`${spans} spans of the window were counted by one trace in ${oneIn}`);
  const [counts, places] = await Promise.all([
    ask(traceCountsRequest(window, oneIn)),
    ask(placesRequest(window)),
  ]);
  return seriesOf(counts, places, window, range, oneIn);
}

interface Step {
  readonly at: number;
  readonly ok: number;
  readonly failed: number;
  readonly seconds: number;
  readonly timed: number;
  readonly within: readonly number[];
  readonly self: number;
  readonly failures: number;
  /** Of `waited` calls, for the caller. */
  readonly waitSeconds: number;
  readonly waited: number;
}

function stepOf(value: unknown): Step {
  const [at, ok, failed, seconds, timed, within, self, failures, waitSeconds, waited] =
    value as readonly unknown[];
  return {
    at: Number(at),
    ok: Number(ok),
    failed: Number(failed),
    seconds: Number(seconds),
    timed: Number(timed),
    within: ((within ?? []) as readonly unknown[]).map(Number),
    self: Number(self),
    failures: Number(failures),
    waitSeconds: Number(waitSeconds),
    waited: Number(waited),
  };
}

function seriesOf(
  rows: Rows,
  places: Rows,
  window: CountWindow,
  range: TimeRange,
  weight: number,
): readonly Series[] {
  const parsed = rows.map(([what, a, b, steps, protocol]) => ({
    what: String(what),
    a: String(a),
    b: String(b),
    steps: ((steps ?? []) as readonly unknown[]).map(stepOf),
    protocol: String(protocol ?? ''),
  }));
  let newest = -Infinity;
  for (const { steps } of parsed) for (const { at } of steps) newest = Math.max(newest, at);
  if (newest === -Infinity) return [];
  const counters = new Counters(window, range, newest, weight);
  for (const { what, a, b, steps, protocol } of parsed)
    if (what === 'protocols')
      counters.add(
        { __name__: TRACE_METRICS.calls.name, service_name: a, client_service_name: b, protocol },
        steps,
        ({ ok, failed }) => ok + failed,
      );
    else if (what === 'calls') addCalls(counters, { service_name: a, client_service_name: b }, steps);
    else addSpans(counters, { service_name: a, span_name: b }, steps);
  for (const [service, container, namespace, pod] of places)
    counters.addInfo({
      __name__: TRACE_METRICS.serviceInfo.name,
      service_name: String(service),
      ...present({ container_id: container, k8s_namespace_name: namespace, k8s_pod_name: pod }),
    });
  return counters.series;
}

const present = (labels: Readonly<Record<string, unknown>>): Labels =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])),
  );

function addCalls(counters: Counters, labels: Labels, steps: readonly Step[]): void {
  const { requests, duration, callTime } = TRACE_METRICS;
  const add = (name: string, more: Labels, of: (step: Step) => number): void =>
    counters.add({ __name__: name, ...labels, ...more }, steps, of);
  for (const [status, of] of STATUSES)
    if (steps.some((step) => of(step) > 0)) add(requests.name, { status }, of);
  if (steps.some(({ waited }) => waited > 0)) add(callTime.name, {}, ({ waitSeconds }) => waitSeconds);
  if (!steps.some(({ timed }) => timed > 0)) return;
  add(`${duration.name}_sum`, {}, ({ seconds }) => seconds);
  add(`${duration.name}_count`, {}, ({ timed }) => timed);
  for (const [i, bound] of TRACE_LATENCY_BOUNDS_SECONDS.entries())
    add(`${duration.name}_bucket`, { le: String(bound) }, ({ within }) => within[i] ?? 0);
  add(`${duration.name}_bucket`, { le: '+Inf' }, ({ timed }) => timed);
}

function addSpans(counters: Counters, labels: Labels, steps: readonly Step[]): void {
  const { selfTime, spans, failures } = TRACE_METRICS;
  counters.add({ __name__: selfTime.name, ...labels }, steps, ({ self }) => self);
  for (const [status, of] of STATUSES)
    if (steps.some((step) => of(step) > 0))
      counters.add({ __name__: spans.name, ...labels, status }, steps, of);
  if (steps.some((step) => step.failures > 0))
    counters.add({ __name__: failures.name, ...labels }, steps, (step) => step.failures);
}

const STATUSES: readonly (readonly [string, (step: Step) => number])[] = [
  ['ok', ({ ok }) => ok],
  ['failed', ({ failed }) => failed],
];

/** Counters over the steps of a window, all at the same instants: silence is a counter that stands. */
class Counters {
  readonly series: Series[] = [];
  readonly #timestamps: Float64Array;
  readonly #first: number;
  readonly #weight: number;

  constructor({ from, to, step }: CountWindow, range: TimeRange, newest: number, weight: number) {
    this.#first = from / step;
    this.#weight = weight;
    const end = Math.min(to / step, newest + 1);
    const all = Float64Array.from(
      { length: Math.max(0, end - this.#first) },
      (_, i) => (this.#first + i + 1) * step,
    );
    this.#timestamps = all.filter((at) => at > range.from && at <= range.to);
  }

  add(labels: Labels, steps: readonly Step[], of: (step: Step) => number): void {
    const values = new Float64Array(this.#timestamps.length);
    for (const step of steps) {
      const i = step.at - this.#first;
      if (i >= 0 && i < values.length) values[i]! += of(step) * this.#weight;
    }
    for (let i = 1; i < values.length; i++) values[i]! += values[i - 1]!;
    this.series.push({ labels, timestamps: this.#timestamps, values });
  }
  addInfo(labels: Labels): void {
    const values = new Float64Array(this.#timestamps.length).fill(1);
    this.series.push({ labels, timestamps: this.#timestamps, values });
  }
}
