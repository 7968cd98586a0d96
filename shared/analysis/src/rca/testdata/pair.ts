import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Course } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { inspectWorld } from '../../inspect.ts';
import { investigate } from '../investigate.ts';
import type { Investigation } from '../report.ts';

export const PAIR_RANGE: TimeRange = {
  from: milliseconds(1_790_000_000_000),
  to: milliseconds(1_790_000_000_000 + 30 * 60_000),
};
/** When things go wrong. */
export const PAIR_FAULT = PAIR_RANGE.from + 20 * 60_000;

export interface PairOptions {
  readonly latency?: Course;
  /** Share of requests that fail. */
  readonly errors?: Course;
  /** As `errors` and `latency`, of the second replica of `shop`, when it is another. */
  readonly second?: { readonly latency?: Course; readonly errors?: Course };
  /** Requests per second of `web`. */
  readonly rate?: Course;
  /** Cores that each replica of `shop` uses. */
  readonly cpu?: Course;
  /** Image of each replica of `shop` over time. */
  readonly images?: readonly (readonly { readonly image: string; readonly from?: number; readonly to?: number }[])[];
  /** Further series; the labels are those of the first replica of `shop` and of its node. */
  readonly more?: (writer: SeriesWriter, labels: Readonly<Record<string, string>>) => void;
}

export const during =
  (usual: number, bad: number): Course =>
  (at) =>
    at > PAIR_FAULT ? bad : usual;

const container = (name: string): Record<string, string> => ({
  machine_id: 'machine-1',
  system_uuid: 'uuid',
  container_id: `/pair.slice/${name}.service`,
  app_id: '',
});
const address = (replica: number): string => `10.9.0.${replica}:8080`;

/** `web` calls two replicas of `shop` over HTTP; half an hour, the last third of it bad. */
export function pairSeries(options: PairOptions): readonly Series[] {
  const writer = new SeriesWriter(PAIR_RANGE, 15_000);
  const node = { machine_id: 'machine-1', system_uuid: 'uuid' };
  writer.gauge(N.info.name, { ...node, hostname: 'host', kernel_version: '6.1' }, () => 1);
  writer.gauge(N.cpuCores.name, node, () => 8);
  writer.counter(N.cpuUsage.name, { ...node, mode: 'user' }, () => 2);
  writer.counter(N.cpuUsage.name, { ...node, mode: 'idle' }, () => 6);
  const rate = options.rate ?? (() => 40);
  const web = container('web');
  writer.gauge(C.info.name, { ...web, image: 'web:1' }, () => 1);
  writer.counter(C.cpuUsage.name, web, () => 0.1);
  const http = REQUEST_METRICS.http;
  const ofReplica = (replica: number) => {
    const own = replica === 2 ? options.second : undefined;
    return {
      latency: own?.latency ?? options.latency ?? (() => 0.02),
      errors: own?.errors ?? options.errors ?? (() => 0),
    };
  };
  for (const replica of [1, 2]) {
    const labels = container(`shop@${replica}`);
    const { latency, errors } = ofReplica(replica);
    const half: Course = (at) => rate(at) / 2;
    for (const { image, ...lifetime } of options.images?.[replica - 1] ?? [{ image: 'shop:1' }])
      writer.gauge(C.info.name, { ...labels, image }, () => 1, lifetime);
    writer.counter(C.cpuUsage.name, labels, options.cpu ?? (() => 0.1));
    writer.gauge(C.tcpListen.name, { ...labels, listen_addr: address(replica), proxy: '' }, () => 1);
    writer.counter(http.inbound.name, { ...labels, status: '200' }, (at) => half(at) * (1 - errors(at)));
    writer.counter(http.inbound.name, { ...labels, status: '500' }, (at) => half(at) * errors(at));
    writer.histogram(http.inboundDuration.name, labels, half, latency);
    const to = { ...web, destination: address(replica), actual_destination: address(replica) };
    writer.counter(http.count.name, { ...to, status: '200' }, (at) => half(at) * (1 - errors(at)));
    writer.counter(http.count.name, { ...to, status: '500' }, (at) => half(at) * errors(at));
    writer.histogram(http.duration.name, to, half, latency);
  }
  const mean: Course = (at) => (ofReplica(1).latency(at) + ofReplica(2).latency(at)) / 2 + 0.005;
  const failing: Course = (at) => (ofReplica(1).errors(at) + ofReplica(2).errors(at)) / 2;
  writer.counter(http.inbound.name, { ...web, status: '200' }, (at) => rate(at) * (1 - failing(at)));
  writer.counter(http.inbound.name, { ...web, status: '500' }, (at) => rate(at) * failing(at));
  writer.histogram(http.inboundDuration.name, web, rate, mean);
  options.more?.(writer, container('shop@1'));
  return writer.series;
}

export const investigatePair = (options: PairOptions): Investigation =>
  investigate(inspectWorld(buildWorld(pairSeries(options), PAIR_RANGE, { history: 0 })));
