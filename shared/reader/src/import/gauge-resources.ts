import type { Labels, Series } from '@gumshoe/base/series';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { containerElsewhere, podNetwork, podOf } from './foreign-labels.ts';
import type { Gauge, GaugeKind } from './gauge-kinds.ts';
import { bytesOf, coresOf } from './gauge-units.ts';
import { integrated, isCounter } from './rates.ts';

export type ResourceKind = Exclude<GaugeKind, 'latency' | 'errors' | 'success' | 'workload'>;

/** Where a service's gauges go: its container. */
function placeOf({ series, service }: Gauge): Labels {
  const { labels } = series;
  return (
    (podOf(labels) ? containerElsewhere(labels) : undefined) ?? {
      ...containerElsewhere({ ...labels, container: '', name: '', service_name: service }),
    }
  );
}

const named = (gauge: Gauge, to: string, more: Labels = {}): Labels => ({
  ...gauge.series.labels,
  ...placeOf(gauge),
  ...more,
  __name__: to,
});

/** A gauge of a rate becomes a counter; what only grows is one already. */
const counter =
  (to: string, more: Labels = {}, factor?: (words: string, all: readonly Series[]) => number) =>
  (gauges: readonly Gauge[]): readonly Series[] => {
    const all = gauges.map(({ series }) => series);
    return gauges.map((gauge) => {
      const scale = factor?.(gauge.words, all) ?? 1;
      const { timestamps } = gauge.series;
      const values = isCounter(gauge.series)
        ? gauge.series.values.map((value) => value * scale)
        : integrated(gauge.series, (value) => value * scale);
      return { labels: named(gauge, to, more), timestamps, values };
    });
  };

const gauge =
  (to: string, factor: (words: string, all: readonly Series[]) => number = () => 1) =>
  (gauges: readonly Gauge[]): readonly Series[] => {
    const all = gauges.map(({ series }) => series);
    return gauges.map((one) => {
      const scale = factor(one.words, all);
      const { timestamps, values } = one.series;
      return { labels: named(one, to), timestamps, values: values.map((value) => value * scale) };
    });
  };

const DISK: Labels = { mount_point: '', device: '', volume: '' };

/** Of the network: that of the pod. */
const network =
  (to: string) =>
  (gauges: readonly Gauge[]): readonly Series[] =>
    counter(to)(gauges).map((one, i) => ({
      ...one,
      labels: podOf(gauges[i]!.series.labels)
        ? { ...one.labels, ...podNetwork(gauges[i]!.series.labels) }
        : one.labels,
    }));

/** What the gauges of each kind become: series of the service's container. */
export const RESOURCES: { readonly [K in ResourceKind]: (gauges: readonly Gauge[]) => readonly Series[] } = {
  cpu: counter(C.cpuUsage.name, {}, coresOf),
  memory: gauge(C.memoryRss.name, bytesOf),
  'disk-read': counter(C.diskReadBytes.name, DISK),
  'disk-write': counter(C.diskWrittenBytes.name, DISK),
  'net-in': network(X.networkReceived.name),
  'net-out': network(X.networkTransmitted.name),
  'net-lost': network(X.networkReceiveDropped.name),
  sockets: gauge(X.sockets.name),
  threads: gauge(X.threads.name),
  restarts: gauge(C.restarts.name),
};
