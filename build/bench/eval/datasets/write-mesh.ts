import { shareWithin } from './latencies.ts';
import { REFUSED } from './physics.ts';
import type { TestBed } from './test-bed.ts';
import { keyOf, targetOf, type Operation } from './system.ts';
import type { TextWriter } from './write-text.ts';

const BUCKETS_MS = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];

/** Requests of one kind that have been counted so far. */
class Counted {
  ok = 0;
  failed = 0;
  sum = 0;
  readonly buckets = new Float64Array(BUCKETS_MS.length);

  /** A second of it. `rare`: share of requests that take `extra` seconds more. */
  add(rate: number, errors: number, mean: number): void {
    this.ok += rate * (1 - errors);
    this.failed += rate * errors;
    this.sum += rate * mean;
    BUCKETS_MS.forEach((le, i) => {
      this.buckets[i]! += rate * shareWithin(mean * 1000, le);
    });
  }
}

interface Way {
  readonly client: string;
  readonly server: string;
  readonly reporter: 'source' | 'destination';
  readonly counted: Counted;
}

/** Both proxies of every call; what stores speak is not understood, and those who have none are `unknown`. */
export function writeIstio(bed: TestBed, writer: TextWriter): void {
  const ways = new Map<string, Way>();
  const way = (client: string, server: string, reporter: Way['reporter']): Counted => {
    const key = `${client}|${server}|${reporter}`;
    const one = ways.get(key) ?? { client, server, reporter, counted: new Counted() };
    ways.set(key, one);
    return one.counted;
  };
  const stores = new Set(bed.system.services.filter((one) => one.isStore).map(({ name }) => name));
  for (let at = bed.from; at <= bed.to; at += 1000) {
    countSecond(bed, at, stores, way);
    if ((at - bed.from) % bed.shape.interval === 0)
      for (const one of ways.values()) writeWay(bed, writer, one, at);
  }
}

function countSecond(
  bed: TestBed,
  at: number,
  stores: ReadonlySet<string>,
  way: (client: string, server: string, reporter: Way['reporter']) => Counted,
): void {
  const { system, physics } = bed;
  const states = physics.at(at);
  const all = system.entries.reduce((sum, one) => sum + one.times, 0);
  const first = system.entries.map((one) => states.get(targetOf(one))!);
  system.entries.forEach((entry, i) => {
    const { rate, latency, errors } = first[i]!;
    if (all > 0) way('unknown', entry.service, 'destination').add(rate, errors, latency);
  });
  for (const operation of system.order) {
    if (stores.has(operation.service)) continue;
    operation.calls.forEach((call, index) => {
      if (stores.has(call.service)) return;
      const wanted = states.get(keyOf(operation))!.rate * call.times;
      const made = physics.isSkipped(operation, index, at) ? 0 : wanted;
      const server = states.get(targetOf(call))!;
      const gone = physics.isGone(call.service, at);
      const wrong = physics.asksWrong(operation, index, at);
      const failed = 1 - (1 - server.errors) * (1 - wrong);
      const unheard = physics.lossErrors(operation.service, call.service, at);
      const transit = physics.transit(operation.service, call.service, at);
      if (!gone) way(operation.service, call.service, 'destination').add(made, failed, server.latency);
      way(operation.service, call.service, 'source').add(
        made,
        gone ? 1 : 1 - (1 - failed) * (1 - unheard),
        gone ? REFUSED : server.latency + transit,
      );
    });
  }
}

function writeWay(
  bed: TestBed,
  writer: TextWriter,
  { client, server, reporter, counted }: Way,
  at: number,
): void {
  const isKnown = client !== 'unknown';
  const pod = bed.pods.get(reporter === 'source' ? client : server)![0]!.name;
  const labels = {
    reporter,
    source_workload: client,
    source_workload_namespace: isKnown ? bed.system.name : 'unknown',
    source_app: client,
    destination_workload: server,
    destination_workload_namespace: bed.system.name,
    destination_app: server,
    destination_service_name: server,
    destination_service: `${server}.${bed.system.name}.svc.cluster.local`,
    request_protocol: 'http',
    namespace: bed.system.name,
    pod,
  };
  const base = { ...labels, response_flags: '-' };
  writer.counter('istio_requests_total', { ...base, response_code: '200' }, at, Math.round(counted.ok));
  const failed = Math.round(counted.failed);
  if (failed > 0) writer.counter('istio_requests_total', { ...base, response_code: '500' }, at, failed);
  writeDurations(writer, 'istio_request_duration_milliseconds', labels, counted, at);
}

function writeDurations(
  writer: TextWriter,
  name: string,
  labels: Readonly<Record<string, string>>,
  counted: Counted,
  at: number,
): void {
  BUCKETS_MS.forEach((le, i) =>
    writer.histogram(name, 'bucket', { ...labels, le: String(le) }, at, Math.round(counted.buckets[i]!)),
  );
  const all = Math.round(counted.ok + counted.failed);
  writer.histogram(name, 'bucket', { ...labels, le: '+Inf' }, at, all);
  writer.histogram(name, 'count', labels, at, all);
  writer.histogram(name, 'sum', labels, at, Math.round(1000 * counted.sum));
}

/** What the Collector counts of the spans of servers. */
export function writeSpanMetrics(bed: TestBed, writer: TextWriter): void {
  const stores = new Set(bed.system.services.filter((one) => one.isStore).map(({ name }) => name));
  const operations = bed.system.order.filter(({ service }) => !stores.has(service));
  const counted = new Map(operations.map((one) => [keyOf(one), new Counted()]));
  for (let at = bed.from; at <= bed.to; at += 1000) {
    const states = bed.physics.at(at);
    for (const operation of operations) {
      const { rate, latency, errors } = states.get(keyOf(operation))!;
      counted.get(keyOf(operation))!.add(rate, errorsOf(bed, operation, errors, at), latency);
    }
    if ((at - bed.from) % bed.shape.interval !== 0) continue;
    for (const operation of operations) writeOperation(writer, operation, counted.get(keyOf(operation))!, at);
  }
}

/** The server's own, and those of callers that ask what it cannot answer. */
function errorsOf(bed: TestBed, operation: Operation, own: number, at: number): number {
  const states = bed.physics.at(at);
  let [asked, wrong] = [0, 0];
  for (const caller of bed.system.order)
    caller.calls.forEach((call, i) => {
      if (targetOf(call) !== keyOf(operation)) return;
      const rate = states.get(keyOf(caller))!.rate * call.times;
      asked += rate;
      wrong += rate * bed.physics.asksWrong(caller, i, at);
    });
  return asked > 0 ? 1 - (1 - own) * (1 - wrong / asked) : own;
}

function writeOperation(writer: TextWriter, operation: Operation, counted: Counted, at: number): void {
  const labels = {
    service_name: operation.service,
    span_name: operation.name,
    span_kind: 'SPAN_KIND_SERVER',
  };
  const ok = { ...labels, status_code: 'STATUS_CODE_UNSET' };
  const failed = { ...labels, status_code: 'STATUS_CODE_ERROR' };
  writer.counter('traces_span_metrics_calls_total', ok, at, Math.round(counted.ok));
  if (counted.failed >= 1)
    writer.counter('traces_span_metrics_calls_total', failed, at, Math.round(counted.failed));
  writeDurations(writer, 'traces_span_metrics_duration_milliseconds', ok, counted, at);
}
