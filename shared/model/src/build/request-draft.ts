import { requestMetrics, type RequestSource } from '@gumshoe/schema/metrics/requests';
import type { CellRange, Column, RequestColumns } from '../world.ts';
import { addInto, maxInto, type Resampler } from './resample.ts';

/** What a request counts as by its status label: HTTP 5xx, `failed`, any gRPC code but OK. */
export function isFailedStatus(status: string): boolean {
  return (
    status === 'failed' || status.startsWith('5') || (status.startsWith('grpc:') && status !== 'grpc:OK')
  );
}

/** Columns of one protocol in one direction while they are being added up. */
export class RequestDraft {
  readonly #resampler: Resampler;
  readonly #protocol: RequestSource;
  readonly #rate: Column;
  readonly #failed: Column;
  readonly #sum: Column;
  readonly #buckets = new Map<string, Column>();
  readonly #byStatus = new Map<string, Column>();
  #inFlight: Column | undefined;
  #clientTime: Column | undefined;
  #clientFailures: Column | undefined;

  constructor(protocol: RequestSource, resampler: Resampler) {
    this.#resampler = resampler;
    this.#protocol = protocol;
    this.#rate = resampler.column();
    this.#failed = resampler.column();
    this.#sum = resampler.column();
  }

  addCount(status: string, rate: Column, cells?: CellRange): void {
    addInto(this.#rate, rate, cells);
    if (!isFailedStatus(status)) return;
    addInto(this.#failed, rate, cells);
    addInto(columnOf(this.#byStatus, status, this.#resampler), rate, cells);
  }

  addBucket(bound: string, rate: Column, cells?: CellRange): void {
    addInto(columnOf(this.#buckets, bound, this.#resampler), rate, cells);
  }

  addSum(rate: Column, cells?: CellRange): void {
    addInto(this.#sum, rate, cells);
  }

  addClientTime(rate: Column): void {
    addInto((this.#clientTime ??= this.#resampler.column()), rate);
  }

  addClientFailures(rate: Column): void {
    addInto((this.#clientFailures ??= this.#resampler.column()), rate);
  }

  addInFlight(age: Column, cells?: CellRange): void {
    this.#inFlight ??= this.#resampler.column();
    maxInto(this.#inFlight, age, cells);
  }

  /** What failed for the client and never reached the server was a request all the same. */
  #addLost(): void {
    const lost = this.#clientFailures?.map((rate, i) => Math.max(0, rate - (this.#failed[i] || 0)));
    if (!lost) return;
    for (const column of [this.#rate, this.#failed, columnOf(this.#byStatus, 'failed', this.#resampler)])
      addInto(column, lost);
  }

  finish(): RequestColumns {
    this.#addLost();
    const entries = [...this.#buckets].map(([bound, column]) => ({ bound: parseBound(bound), column }));
    entries.sort((a, b) => a.bound - b.bound);
    const complete = entries.length > 1 && entries.at(-1)!.bound === Infinity;
    return {
      protocol: this.#protocol,
      rate: this.#rate,
      failed: this.#failed,
      durationSum: this.#sum,
      ...(this.#clientTime ? { clientTime: this.#clientTime } : {}),
      ...(complete
        ? { latency: { bounds: entries.map((e) => e.bound), counts: entries.map((e) => e.column) } }
        : {}),
      ...(this.#inFlight ? { inFlightAge: this.#inFlight } : {}),
      failedByStatus: this.#byStatus,
    };
  }
}

const parseBound = (text: string): number => (text === '+Inf' ? Infinity : Number(text));

function columnOf(map: Map<string, Column>, key: string, resampler: Resampler): Column {
  let column = map.get(key);
  if (column === undefined) map.set(key, (column = resampler.column()));
  return column;
}

/** Metric names of a protocol by what is done with them. */
export function requestNames(protocol: RequestSource, direction: 'outbound' | 'inbound') {
  const metrics = requestMetrics(protocol);
  const count = direction === 'outbound' ? metrics.count : metrics.inbound;
  const duration = direction === 'outbound' ? metrics.duration : metrics.inboundDuration;
  return { count: count.name, bucket: `${duration.name}_bucket`, sum: `${duration.name}_sum` };
}
