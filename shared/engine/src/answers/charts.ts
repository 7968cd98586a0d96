import type { Finding as Judged } from '@gumshoe/analysis/finding';
import { rateWindow, selectApplication, selectRoundTrips } from '@gumshoe/analysis/evidence';
import type { InspectedApplication } from '@gumshoe/analysis/inspect';
import { formatValue, type Unit } from '@gumshoe/base/units';
import { gridTime, type TimeGrid } from '@gumshoe/base/time';
import { latencyQuantileColumn, ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { Column, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { Chart, ChartSeries } from '../api.ts';
import { callLatencyQuery, failedConnectsQuery, requestQueries } from './chart-queries.ts';

/** The cells of the asked-for window as a grid of its own. */
export function windowGrid(world: World): TimeGrid {
  const { lo, hi } = world.window;
  return { from: gridTime(world.grid, lo), step: world.grid.step, points: hi - lo };
}

export const cut = (world: World, column: Column): Float64Array =>
  column.slice(world.window.lo, world.window.hi);

export interface ChartInput {
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly {
    readonly name: string;
    readonly values: Column;
    readonly promql?: string | undefined;
  }[];
  readonly threshold?: Chart['threshold'];
  readonly marks?: Chart['marks'];
}

export function chart(world: World, input: ChartInput): Chart {
  const { from, to } = world.range;
  return {
    title: input.title,
    unit: input.unit,
    grid: windowGrid(world),
    series: input.series.map(({ name, values, promql }): ChartSeries => ({
      name,
      values: cut(world, values),
      ...(promql === undefined ? {} : { promql }),
    })),
    ...(input.threshold ? { threshold: input.threshold } : {}),
    marks: (input.marks ?? []).filter(({ at }) => at >= from && at <= to),
  };
}

/** The chart of a finding: judged values with the threshold. undefined when it judged no course in time. */
export function findingChart(world: World, finding: Judged): Chart | undefined {
  if (finding.columns.length === 0) return undefined;
  // an objective is drawn as what it allows: its course is the share of bad requests
  const slo = finding.area === 'SLO';
  const value = slo ? 100 - finding.threshold : finding.threshold;
  const label = `${slo ? 'objective allows' : 'threshold'} ${formatValue(value, finding.unit)}`;
  return chart(world, {
    title: finding.title,
    unit: finding.unit,
    series: finding.columns,
    threshold: { value, label },
    marks: finding.marks ?? [],
  });
}

const hasValues = (column: Column): boolean => column.some((value) => value === value);

/** RED first, then resources, then the network. Charts without a value are left out. */
export function applicationCharts(world: World, inspected: InspectedApplication): readonly Chart[] {
  const inputs = [
    ...redCharts(world, inspected),
    ...resourceCharts(world, inspected),
    ...networkCharts(world, inspected),
  ];
  const marks = eventMarks(inspected);
  return inputs
    .map((input) => ({ ...input, series: input.series.filter(({ values }) => hasValues(values)), marks }))
    .filter((input) => input.series.length > 0)
    .map((input) => chart(world, input));
}

function eventMarks({ application, serviceLevel }: InspectedApplication): Chart['marks'] {
  const breaches = serviceLevel.slos.flatMap((slo) =>
    slo.breaches.map((breach) => ({ at: breach.onset, label: `${slo.kind} breach` })),
  );
  const stops = application.instances.flatMap((instance) =>
    instance.downtimes.flatMap(({ from, to }) => [
      { at: from, label: `${instance.id} down` },
      ...(to === undefined ? [] : [{ at: to, label: `${instance.id} up` }]),
    ]),
  );
  const images = application.instances.flatMap((instance) =>
    instance.images.slice(1).map(({ at, image }) => ({ at, label: `image ${image}` })),
  );
  return [...breaches, ...stops, ...images].sort((a, b) => a.at - b.at);
}

function redCharts(world: World, inspected: InspectedApplication): readonly ChartInput[] {
  const { indicators, slos } = inspected.serviceLevel;
  if (indicators.source === 'none') return [];
  const queries = requestQueries(world, inspected);
  const latency = indicators.latency;
  const threshold = slos.find((slo) => slo.kind === 'latency')?.threshold;
  const allowed = 1 - (slos.find((slo) => slo.kind === 'availability')?.objective ?? 1);
  return [
    {
      title: 'Requests',
      unit: 'requests/second',
      series: [
        { name: 'all', values: indicators.rate, promql: queries.all },
        ...[...indicators.failedByStatus].map(([status, values]) => ({
          name: status,
          values,
          promql: queries.ofStatus(status),
        })),
        { name: 'connection failed', values: positive(indicators.failedConnects) },
        { name: 'no answer yet', values: positive(indicators.stuck) },
      ],
    },
    {
      title: 'Errors',
      unit: 'percent',
      series: [
        {
          name: 'failed',
          values: percent(ratioColumn(indicators.failed, indicators.rate)),
          promql: queries.failed,
        },
      ],
      ...(allowed > 0
        ? { threshold: { value: allowed * 100, label: `objective ${formatValue(allowed, 'ratio')}` } }
        : {}),
    },
    {
      title: 'Latency',
      unit: 'seconds',
      series: latency
        ? [0.5, 0.95, 0.99].map((q) => ({
            name: `p${Math.round(q * 100)}`,
            values: latencyQuantileColumn(latency, q),
            promql: queries.quantile(q),
          }))
        : [],
      ...(threshold === undefined
        ? {}
        : { threshold: { value: threshold, label: `objective ${formatValue(threshold, 'seconds')}` } }),
    },
    {
      title: 'Oldest request without an answer',
      unit: 'seconds',
      series: [{ name: 'age', values: indicators.inFlightAge }],
    },
  ];
}

const percent = (column: Column): Column => column.map((value) => value * 100);
const positive = (column: Column): Column =>
  column.some((value) => value > 0) ? column : new Float64Array(column.length).fill(NaN);

function resourceCharts(world: World, { application }: InspectedApplication): readonly ChartInput[] {
  const { instances } = application;
  const window = rateWindow(world);
  const cpu = `rate(${selectApplication(application, CONTAINER_METRICS.cpuUsage.name)}${window})`;
  const memory = selectApplication(application, CONTAINER_METRICS.memoryRss.name);
  const limits = instances.flatMap((instance) => (instance.cpuLimit ? [instance.cpuLimit] : []));
  const caps = instances.flatMap((instance) => (instance.memoryLimit ? [instance.memoryLimit] : []));
  return [
    {
      title: 'CPU',
      unit: 'cores',
      series: [
        ...instances.map(({ id, cpuUsage }) => ({ name: id, values: cpuUsage, promql: cpu })),
        ...limits.slice(0, 1).map((values) => ({
          name: 'limit',
          values,
          promql: selectApplication(application, CONTAINER_METRICS.cpuLimit.name),
        })),
      ],
    },
    {
      title: 'Memory',
      unit: 'bytes',
      series: [
        ...instances.map(({ id, memoryRss }) => ({ name: id, values: memoryRss, promql: memory })),
        ...caps.slice(0, 1).map((values) => ({
          name: 'limit',
          values,
          promql: selectApplication(application, CONTAINER_METRICS.memoryLimit.name),
        })),
      ],
    },
  ];
}

function networkCharts(world: World, { application }: InspectedApplication): readonly ChartInput[] {
  const { upstreams } = application;
  const nameOf = (id: (typeof upstreams)[number]['server']): string => world.byId.get(id)?.name ?? id;
  const points = world.grid.points;
  return [
    {
      title: 'Latency of what it calls',
      unit: 'seconds',
      series: upstreams
        .filter((dependency) => dependency.requests.length > 0)
        .map((dependency) => ({
          name: nameOf(dependency.server),
          values: ratioColumn(
            sumColumns(
              dependency.requests.map((one) => one.durationSum),
              points,
            ),
            sumColumns(
              dependency.requests.map((one) => one.rate),
              points,
            ),
          ),
          promql: callLatencyQuery(world, dependency),
        })),
    },
    {
      title: 'Failed connection attempts',
      unit: 'per-second',
      series: upstreams
        .filter((dependency) => dependency.tcp.failedConnects.some((value) => value > 0))
        .map((dependency) => ({
          name: nameOf(dependency.server),
          values: dependency.tcp.failedConnects,
          promql: failedConnectsQuery(world, dependency),
        })),
    },
    {
      title: 'Round-trip time',
      unit: 'seconds',
      series: upstreams.map((dependency) => ({
        name: nameOf(dependency.server),
        values: dependency.tcp.rtt,
        promql: dependency.links.length === 0 ? undefined : selectRoundTrips(dependency),
      })),
    },
  ];
}
