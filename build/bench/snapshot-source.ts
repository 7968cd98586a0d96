import { FailureError } from '@gumshoe/base/failure';
import type { Labels, Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { LogRecord, Reader, Span } from '@gumshoe/engine/ports';
import { noise } from '@gumshoe/model/testdata/series-writer';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { cutSeries } from '@gumshoe/reader/snapshot/contents';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';

export interface Load {
  readonly services: number;
  readonly instances: number;
  /** ms between samples */
  readonly step: number;
  readonly spansPerSecond: number;
  readonly logsPerSecond: number;
}

/**
 * Series as collectors write them: synthetic ones made to count whole requests and bytes, seconds to the nanosecond,
 * with noise in every step; and one of every other metric of a container.
 */
export function loadSeries(load: Load, range: TimeRange): readonly Series[] {
  const random = noise(7);
  const base = syntheticSeries({ ...load, range, seed: 1 });
  const containers = [...new Map(base.flatMap(containerOf)).values()];
  const present = new Set(base.map(({ labels }) => labels['__name__']));
  const others = Object.values(CONTAINER_METRICS).filter(
    ({ name, type }) => type !== 'histogram' && !present.has(name),
  );
  const more = containers.flatMap(({ labels, timestamps }) =>
    others.map(({ name }) => ({
      labels: { ...labels, __name__: name },
      timestamps,
      values: timestamps.map((_, i) => i * 5),
    })),
  );
  return [...base, ...more].map((series) => ({ ...series, values: noisy(series, random) }));
}

function containerOf({ labels, timestamps }: Series): readonly (readonly [string, Series])[] {
  const { container_id: id, machine_id: machine = '', system_uuid: uuid = '' } = labels;
  if (!id) return [];
  const own: Labels = { container_id: id, machine_id: machine, system_uuid: uuid, app_id: '' };
  return [[id, { labels: own, timestamps, values: timestamps }]];
}

function noisy({ labels, values }: Series, random: () => number): Float64Array {
  const name = labels['__name__'] ?? '';
  const seconds = name.includes('seconds') && !name.endsWith('_bucket') && !name.endsWith('_count');
  const grows = name.includes('_total');
  let sum = 0;
  return values.map((value, i) => {
    const step = grows ? Math.max(0, (value - (values[i - 1] ?? 0)) * (0.5 + random())) : value;
    sum = grows ? sum + step : step;
    return seconds ? Math.round(sum * 1e9) / 1e9 : Math.round(sum);
  });
}

const hex = (digits: number, random: () => number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
const ROUTES = ['/cart', '/checkout', '/orders/:id', '/products', '/login'];
const SPANS_PER_TRACE = 8;

export function loadSpans({ services, spansPerSecond }: Load, { from, to }: TimeRange): readonly Span[] {
  const random = noise(11);
  const count = Math.floor(((to - from) / 1000) * spansPerSecond);
  let [traceId, parent] = ['', ''];
  const spans = Array.from({ length: count }, (_, i): Span => {
    if (i % SPANS_PER_TRACE === 0) [traceId, parent] = [hex(32, random), ''];
    const spanId = hex(16, random);
    const service = Math.floor(random() * services);
    const route = ROUTES[Math.floor(random() * ROUTES.length)]!;
    const span: Span = {
      traceId,
      spanId,
      parentSpanId: parent,
      name: `GET ${route}`,
      kind: i % 2 === 0 ? 'Server' : 'Client',
      serviceName: `service-${service}`,
      containerId: `/shop.slice/service-${service}@1.service`,
      start: from + Math.round(((i + random()) * 1e6) / spansPerSecond) / 1000,
      duration: Math.round(-Math.log(1 - random()) * 2e7) / 1e6,
      status: random() < 0.01 ? 'Error' : 'Unset',
      statusMessage: '',
      attributes: {
        'http.request.method': 'GET',
        'http.route': route,
        'http.response.status_code': random() < 0.01 ? '500' : '200',
        'server.address': `10.0.${service}.1`,
        'client.port': String(30_000 + Math.floor(random() * 20_000)),
      },
    };
    parent = spanId;
    return span;
  });
  return spans.reverse();
}

export function loadLogs({ services, logsPerSecond }: Load, { from, to }: TimeRange): readonly LogRecord[] {
  const random = noise(13);
  const count = Math.floor(((to - from) / 1000) * logsPerSecond);
  const logs = Array.from({ length: count }, (_, i): LogRecord => {
    const service = Math.floor(random() * services);
    const took = Math.floor(random() * 400);
    return {
      timestamp: milliseconds(Math.floor(from + ((i + random()) * 1000) / logsPerSecond)),
      severity: random() < 0.03 ? 'ERROR' : 'INFO',
      serviceName: `service-${service}`,
      containerId: `/shop.slice/service-${service}@1.service`,
      body: `handled order ${Math.floor(random() * 1e6)} for user ${hex(8, random)} in ${took} ms`,
      traceId: random() < 0.2 ? hex(32, random) : '',
      spanId: '',
      attributes: { logger: 'orders.http', thread: `worker-${Math.floor(random() * 16)}` },
    };
  });
  return logs.reverse();
}

/** A source in memory: what an export costs beside what its source takes to answer. */
export function memoryReader(
  range: TimeRange,
  series: readonly Series[],
  spans: readonly Span[],
  logs: readonly LogRecord[],
): Reader {
  const byName = Map.groupBy(series, ({ labels }) => labels['__name__'] ?? '');
  const inside = (at: number, { from, to }: TimeRange): boolean => at > from && at <= to;
  return {
    status: async () => ({ name: 'memory', kind: 'direct', parts: [] }),
    series: async (names, asked) =>
      names.flatMap((name) => byName.get(name) ?? []).flatMap((one) => cutSeries(one, asked.from, asked.to)),
    queryRange: async (_, grid) => ({ grid, series: [] }),
    sql: async () => {
      throw new FailureError({ code: 'not-supported', tried: 'SQL', target: 'memory', reason: 'no tables' });
    },
    spans: async (filter) => spans.filter(({ start }) => inside(start, filter.range)).slice(0, filter.limit),
    trace: async (id) => spans.filter(({ traceId }) => traceId === id),
    logs: async (filter) =>
      logs.filter(({ timestamp }) => inside(timestamp, filter.range)).slice(0, filter.limit),
    profile: async () => ({ frames: [], stacks: [], values: new Float64Array(), unit: 'count' }),
    extent: async () => range,
    close: async () => {},
  };
}
