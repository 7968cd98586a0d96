import type { Series } from '@gumshoe/base/series';
import type { TimeRange } from '@gumshoe/base/time';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { noise, SeriesWriter } from './series-writer.ts';

export interface SyntheticOptions {
  readonly services: number;
  readonly instances: number;
  readonly range: TimeRange;
  /** ms between samples */
  readonly step: number;
  readonly seed: number;
  /** One service becomes slow and burns CPU at an instant (ms); everything that calls it waits. */
  readonly slow?: { readonly service: number; readonly from: number; readonly seconds: number };
}

/** Instances that share a node. */
const PER_NODE = 20;
/** Services each service calls. */
const FAN_OUT = 2;

/**
 * A healthy mesh: each service calls a few later ones over HTTP, and every instance reports what a collector
 * reports. Same options, same series.
 */
export function syntheticSeries(options: SyntheticOptions): readonly Series[] {
  const writer = new SeriesWriter(options.range, options.step);
  const random = noise(options.seed);
  const all = options.services * options.instances;
  for (let node = 0; node * PER_NODE < all; node++) writeNode(writer, node, random);
  for (let service = 0; service < options.services; service++) {
    for (let instance = 0; instance < options.instances; instance++) {
      writeInstance(writer, options, service, instance, random);
    }
  }
  return writer.series.map(asReported);
}

/** Events and bytes are whole; seconds of CPU are counted in microseconds, those of requests in nanoseconds. */
function asReported(series: Series): Series {
  const name = series.labels['__name__'] ?? '';
  const scale = name.endsWith('_sum') ? 1e9 : name.endsWith('_seconds_total') ? 1e6 : 1;
  return { ...series, values: series.values.map((value) => Math.round(value * scale) / scale) };
}

const nodeLabels = (node: number) => ({ machine_id: `machine-${node}`, system_uuid: `uuid-${node}` });

function writeNode(writer: SeriesWriter, node: number, random: () => number): void {
  const labels = nodeLabels(node);
  const busy = 1 + random();
  writer.gauge(N.info.name, { ...labels, hostname: `node-${node}`, kernel_version: '6.1' }, () => 1);
  writer.gauge(N.cpuCores.name, labels, () => 8);
  writer.counter(N.cpuUsage.name, { ...labels, mode: 'user' }, () => busy);
  writer.counter(N.cpuUsage.name, { ...labels, mode: 'idle' }, () => 8 - busy);
  writer.gauge(N.memoryTotal.name, labels, () => 32e9);
  writer.gauge(N.memoryAvailable.name, labels, () => 20e9);
}

/** Slow from the fault on, when it is the slow service or waits for it. */
function latencyOf({ slow }: SyntheticOptions, service: number): (at: number) => number {
  let reached = slow?.service ?? -1;
  while (reached > service) reached = Math.floor((reached - 1) / FAN_OUT);
  if (!slow || reached !== service) return () => 0.02;
  return (at) => (at > slow.from ? 0.02 + slow.seconds : 0.02);
}

const addressOf = (service: number, instance: number): string =>
  `10.${(service >> 8) & 255}.${service & 255}.${instance + 1}:8080`;

function writeInstance(
  writer: SeriesWriter,
  options: SyntheticOptions,
  service: number,
  instance: number,
  random: () => number,
): void {
  const node = Math.floor((service * options.instances + instance) / PER_NODE);
  const labels = {
    ...nodeLabels(node),
    container_id: `/shop.slice/service-${service}@${instance + 1}.service`,
    app_id: '',
  };
  const rate = 5 + 20 * random();
  const wobble = random() * 7;
  const course = (at: number) => rate * (1 + 0.1 * Math.sin(at / 60_000 + wobble));
  const latency = latencyOf(options, service);
  const burns = options.slow?.service === service ? options.slow.from : Infinity;
  writer.gauge(C.info.name, { ...labels, image: 'service:1' }, () => 1);
  writer.gauge(C.applicationType.name, { ...labels, application_type: 'nodejs' }, () => 1);
  writer.counter(C.cpuUsage.name, labels, (at) => (at > burns ? 0.95 : 0.1 + 0.05 * random()));
  writer.gauge(C.memoryRss.name, labels, () => 100e6 + 1e6 * random());
  writer.counter(C.restarts.name, labels, () => 0);
  writer.counter(C.oomKills.name, labels, () => 0);
  writer.gauge(C.tcpListen.name, { ...labels, listen_addr: addressOf(service, instance), proxy: '' }, () => 1);
  const http = REQUEST_METRICS.http;
  writer.counter(http.inbound.name, { ...labels, status: '200' }, course);
  writer.histogram(http.inboundDuration.name, labels, course, latency);
  for (let k = 1; k <= FAN_OUT; k++) {
    const peer = service * FAN_OUT + k;
    if (peer >= options.services) break;
    const destination = addressOf(peer, instance);
    const to = { ...labels, destination, actual_destination: destination };
    writer.counter(http.count.name, { ...to, status: '200' }, course);
    writer.histogram(http.duration.name, to, course, latencyOf(options, peer));
    writer.gauge(http.inFlightAge.name, to, () => 0);
    writer.counter(C.tcpConnects.name, to, () => 0.1);
    writer.counter(C.tcpFailedConnects.name, { ...labels, destination }, () => 0);
    writer.gauge(C.tcpActive.name, to, () => 4);
    writer.counter(C.tcpBytesSent.name, to, () => 1000 * rate);
    writer.counter(C.tcpBytesReceived.name, to, () => 5000 * rate);
  }
}
