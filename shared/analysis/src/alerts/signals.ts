import { gridTime } from '@gumshoe/base/time';
import { maxColumns, shareColumn, sumColumns } from '@gumshoe/model/columns';
import type { Column, Instance, World } from '@gumshoe/model/world';
import type { Dimension } from '../configuration/quantity.ts';
import { ERROR_LEVELS } from '../inspections/log-query.ts';
import {
  averageLatency,
  badShare,
  budgetLeft,
  burnRate,
  cellsOf,
  compliance,
  empty,
  LONG,
  quantile,
  requestsOf,
  WINDOW,
  type SignalSubject,
} from './request-signals.ts';
import { countOver, meanOver } from './rolling.ts';

/** What an alert condition can speak of: a column on the world's grid; NaN where too little is known. */
export interface Signal {
  readonly description: string;
  readonly dimension: Dimension;
  readonly of: 'application' | 'container';
  readonly column: (subject: SignalSubject) => Column;
}

const mean = (world: World, columns: readonly Column[]): Column =>
  meanOver(sumColumns(columns, world.grid.points), cellsOf(world, WINDOW));

/** Instances that are there, or that are missing, at each cell. */
function instances({ world, inspected }: SignalSubject, state: 'up' | 'down'): Column {
  const { grid } = world;
  const all = inspected.application.instances;
  if (all.length === 0) return empty(world);
  return Float64Array.from({ length: grid.points }, (_, i) => {
    const at = gridTime(grid, i);
    let n = 0;
    for (const { firstSeen, lastSeen, downtimes } of all) {
      const down = downtimes.some(({ from, to = Infinity }) => from < at && at <= to);
      if (state === 'down' ? down : !down && firstSeen - grid.step < at && at < lastSeen + 2 * grid.step) n++;
    }
    return n;
  });
}

const nodesOf = ({ world, inspected }: SignalSubject) => {
  const ids = new Set(inspected.application.instances.map(({ node }) => node));
  return world.nodes.filter(({ id }) => ids.has(id));
};

const ofContainer =
  (column: (instance: Instance, world: World) => Column | undefined) =>
  ({ world, instance }: SignalSubject): Column =>
    (instance && column(instance, world)) ?? empty(world);

const hourly = (column: Column, world: World): Column =>
  countOver(column, cellsOf(world, LONG), world.grid.step);

const latencies = { p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99, 'p99.9': 0.999 } as const;

const signal = (
  of: Signal['of'],
  dimension: Dimension,
  description: string,
  column: Signal['column'],
): Signal => ({ of, dimension, description, column });

const DEFINITIONS = {
  'slo.availability': signal('application', 'share', 'requests that succeeded, over 1 h', (s) =>
    compliance(s, 'availability'),
  ),
  'slo.latency': signal('application', 'share', 'requests fast enough, over 1 h', (s) =>
    compliance(s, 'latency'),
  ),
  'slo.availability.burn_rate': signal(
    'application',
    'number',
    'failed requests over the allowed, over 1 h',
    (s) => burnRate(s, 'availability'),
  ),
  'slo.latency.burn_rate': signal('application', 'number', 'slow requests over the allowed, over 1 h', (s) =>
    burnRate(s, 'latency'),
  ),
  'slo.availability.budget_left': signal('application', 'share', 'error budget left of the period', (s) =>
    budgetLeft(s, 'availability'),
  ),
  'slo.latency.budget_left': signal('application', 'share', 'error budget left of the period', (s) =>
    budgetLeft(s, 'latency'),
  ),
  error_rate: signal('application', 'share', 'requests that failed, over 5 min', (s) =>
    badShare(s, requestsOf(s), WINDOW),
  ),
  request_rate: signal('application', 'per-second', 'requests, over 5 min', ({ world, inspected }) =>
    mean(world, [inspected.serviceLevel.indicators.rate]),
  ),
  'latency.avg': signal('application', 'time', 'mean latency, over 5 min', averageLatency),
  'connections.failed': signal(
    'application',
    'per-second',
    'connection attempts of clients that failed, over 5 min',
    ({ world, inspected }) => mean(world, [inspected.serviceLevel.indicators.failedConnects]),
  ),
  'log.errors': signal(
    'application',
    'per-second',
    'log messages of level error and worse, over 5 min',
    ({ world, inspected }) =>
      mean(
        world,
        inspected.application.logs.filter(({ level }) => ERROR_LEVELS.has(level)).map(({ rate }) => rate),
      ),
  ),
  'instances.up': signal('application', 'number', 'instances that are there', (s) => instances(s, 'up')),
  'instances.down': signal('application', 'number', 'instances that are missing', (s) =>
    instances(s, 'down'),
  ),
  'node.cpu.usage': signal('application', 'share', 'busy share of the busiest of its nodes', (s) =>
    maxColumns(
      nodesOf(s).map(({ cpuUsage }) => cpuUsage),
      s.world.grid.points,
    ),
  ),
  'node.memory.usage': signal('application', 'share', 'used share of the fullest of its nodes', (s) =>
    maxColumns(
      nodesOf(s).map((node) => shareColumn(node.memoryAvailable, node.memoryTotal).map((free) => 1 - free)),
      s.world.grid.points,
    ),
  ),
  'container.cpu.usage': signal(
    'container',
    'share',
    'CPU used of the limit',
    ofContainer(({ cpuUsage, cpuLimit }) => cpuLimit && shareColumn(cpuUsage, cpuLimit)),
  ),
  'container.cpu.cores': signal(
    'container',
    'cores',
    'CPU used',
    ofContainer(({ cpuUsage }) => cpuUsage),
  ),
  'container.cpu.throttled': signal(
    'container',
    'number',
    'seconds per second throttled by the limit',
    ofContainer(({ cpuThrottled }) => cpuThrottled),
  ),
  'container.memory.usage': signal(
    'container',
    'share',
    'memory used of the limit',
    ofContainer(({ memoryRss, memoryLimit }) => memoryLimit && shareColumn(memoryRss, memoryLimit)),
  ),
  'container.memory.bytes': signal(
    'container',
    'bytes',
    'memory used',
    ofContainer(({ memoryRss }) => memoryRss),
  ),
  'container.disk.usage': signal(
    'container',
    'share',
    'used share of its fullest volume',
    ofContainer(({ disks }, world) =>
      maxColumns(
        disks.map(({ used, size }) => shareColumn(used, size)),
        world.grid.points,
      ),
    ),
  ),
  'container.restarts': signal(
    'container',
    'number',
    'restarts within 1 h',
    ofContainer(({ restarts }, world) => hourly(restarts, world)),
  ),
  'container.oom_kills': signal(
    'container',
    'number',
    'kills for lack of memory within 1 h',
    ofContainer(({ oomKills }, world) => hourly(oomKills, world)),
  ),
} as const satisfies Record<string, Signal>;

export type SignalName = keyof typeof DEFINITIONS | `latency.${keyof typeof latencies}`;

export const SIGNALS: ReadonlyMap<SignalName, Signal> = new Map<SignalName, Signal>([
  ...(Object.entries(DEFINITIONS) as [SignalName, Signal][]),
  ...Object.entries(latencies).map(
    ([name, q]) =>
      [
        `latency.${name as keyof typeof latencies}`,
        signal('application', 'time', `latency that ${q * 100} % of requests stay within, over 5 min`, (s) =>
          quantile(s, q),
        ),
      ] as const,
  ),
]);
