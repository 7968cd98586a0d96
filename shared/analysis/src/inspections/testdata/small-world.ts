import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Course } from '@gumshoe/model/testdata/series-writer';
import type { Finding } from '../../finding.ts';
import { inspectWorld } from '../../inspect.ts';
import type { ThresholdOverride } from '../thresholds.ts';
import { emptyQueries } from './evidence-check.ts';

/** Half an hour, a sample every 15 s. */
export const AREA_RANGE: TimeRange = {
  from: milliseconds(1_790_000_000_000),
  to: milliseconds(1_790_001_800_000),
};
const INTERVAL = 15_000;

export const NODE = { machine_id: 'm1', system_uuid: 'u1' };
export const APP = { ...NODE, container_id: '/shop.slice/app.service', app_id: '' };
export const PEER = { ...NODE, container_id: '/shop.slice/peer.service', app_id: '' };
/** Where the peer listens, and somewhere outside. */
export const PEER_ADDRESS = '10.1.1.2:8080';
export const OUTSIDE_ADDRESS = '203.0.113.7:443';

export type Write = (writer: SeriesWriter) => void;

/** A node of four cores with `app` and `peer` on it, both up and idle. */
export function smallWorld(write: Write = () => undefined, range: TimeRange = AREA_RANGE): readonly Series[] {
  const writer = new SeriesWriter(range, INTERVAL);
  writer.gauge('node_info', { ...NODE, hostname: 'node-1', kernel_version: '6.1' }, () => 1);
  writer.gauge('node_resources_cpu_logical_cores', NODE, () => 4);
  for (const container of [APP, PEER])
    writer.gauge('container_info', { ...container, image: 'image:1' }, () => 1);
  writer.gauge('container_net_tcp_listen_info', { ...PEER, listen_addr: PEER_ADDRESS, proxy: '' }, () => 1);
  write(writer);
  return writer.series;
}

/** Labels of a connection from `app`. */
export const towards = (address: string) => ({ ...APP, destination: address, actual_destination: address });

export interface Asked {
  readonly application?: string;
  readonly range?: TimeRange;
  /** ms of samples before the range */
  readonly history?: number;
  readonly thresholds?: readonly ThresholdOverride[];
}

/** What one inspection says of `app`. Throws where a query behind it finds nothing in these series. */
export function findingOf(
  inspection: string,
  series: readonly Series[],
  asked: Asked = {},
): Finding | undefined {
  const finding = judge(inspection, series, asked);
  const empty = finding ? emptyQueries(series, finding) : [];
  if (empty.length > 0) throw new Error(`${inspection} points to nothing: ${empty.join('; ')}`);
  return finding;
}

function judge(inspection: string, series: readonly Series[], asked: Asked): Finding | undefined {
  const { application = 'app', range = AREA_RANGE, history = 0, thresholds = [] } = asked;
  const { applications } = inspectWorld(buildWorld(series, range, { history }), { thresholds });
  return applications
    .find((one) => one.application.name === application)
    ?.findings.find((one) => one.inspection === inspection);
}

/** How often the health changes while the end of the window moves on through the last ten minutes. */
export function changesOf(inspection: string, series: readonly Series[], application = 'app'): number {
  let changes = 0;
  let before: string | undefined;
  for (let to = AREA_RANGE.to - 600_000; to <= AREA_RANGE.to; to += 2 * INTERVAL) {
    const range = { from: AREA_RANGE.from, to: milliseconds(to) };
    const seen = series
      .map(({ labels, timestamps, values }) => {
        const end = timestamps.findLastIndex((at) => at <= to) + 1;
        return { labels, timestamps: timestamps.slice(0, end), values: values.slice(0, end) };
      })
      .filter(({ timestamps }) => timestamps.length > 0);
    const health = judge(inspection, seen, { range, application })?.health;
    if (before !== undefined && health !== before) changes++;
    before = health;
  }
  return changes;
}

/** Swings around a value every other sample. */
export const swinging =
  (value: number, by: number): Course =>
  (at) =>
    value * (Math.round(at / INTERVAL) % 2 === 0 ? 1 + by : 1 - by);
