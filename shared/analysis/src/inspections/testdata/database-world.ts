import type { Labels } from '@gumshoe/base/series';
import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { APP, AREA_RANGE, PEER } from './small-world.ts';

/** Seconds since the beginning. */
export const elapsed = (at: number): number => (at - AREA_RANGE.from) / 1000;

/** `app` listens on a port, and a probe with `up` finds it there; gives the labels of the probe's series. */
export function probed(writer: SeriesWriter, up: string, port: number, answers: Course = () => 1): Labels {
  const address = listening(writer, port);
  writer.gauge(up, { address }, answers);
  return { address };
}

export function listening(writer: SeriesWriter, port: number): string {
  const address = `10.1.1.3:${port}`;
  writer.gauge('container_net_tcp_listen_info', { ...APP, listen_addr: address, proxy: '' }, () => 1);
  return address;
}

export const probedPostgres = (writer: SeriesWriter, port = 5432): Labels => probed(writer, 'pg_up', port);

/** Settings of a probed PostgreSQL server. */
export function settings(
  writer: SeriesWriter,
  target: Labels,
  values: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(values))
    writer.gauge('pg_setting', { ...target, name, unit: name.endsWith('timeout') ? 's' : '' }, () => value);
}

export const TABLE = { db: 'shop', schema: 'public', table: 'orders' };

/** `peer` sends requests of a protocol to `app`: how many per second, how long they take, what share fails. */
export interface Traffic {
  readonly rate?: Course;
  /** seconds */
  readonly mean?: Course;
  /** 0..1 */
  readonly failed?: Course;
}

export function traffic(
  writer: SeriesWriter,
  port: number,
  metrics: { readonly count: string; readonly duration: string },
  { rate = () => 20, mean = () => 0.001, failed = () => 0 }: Traffic,
): Labels {
  const address = listening(writer, port);
  const to = { ...PEER, destination: address, actual_destination: address };
  writer.gauge('container_net_tcp_active_connections', to, () => 1);
  writer.counter(metrics.count, { ...to, status: 'ok' }, (at) => rate(at) * (1 - failed(at)));
  writer.counter(metrics.count, { ...to, status: 'failed' }, (at) => rate(at) * failed(at));
  writer.histogram(metrics.duration, to, rate, mean);
  return to;
}
