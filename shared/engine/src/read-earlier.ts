import { earlierBudgets, earlierGrids, type EarlierBudgets } from '@gumshoe/analysis/slo/earlier';
import { objectivesOf, type ObjectiveSettings } from '@gumshoe/analysis/slo/objectives';
import { waitingMode } from '@gumshoe/analysis/slo/waiting-mode';
import type { Matrix, Series } from '@gumshoe/base/series';
import { gridTime, milliseconds, type TimeGrid } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { ModelSettings } from '@gumshoe/model/settings';
import type { RequestColumns, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import type { Reader } from './ports.ts';
import { readIndicators } from './read-indicators.ts';

/** Who is who, without what they use: requests need nothing else to find their application. */
const IDENTITY: readonly string[] = [
  C.info,
  C.applicationType,
  C.tcpListen,
  C.tcpFailedConnects,
  N.info,
  N.netInterfaceIp,
  N.ipToFqdn,
  K.podInfo,
  K.podOwner,
  K.podLabels,
  K.podAnnotations,
  K.replicaSetOwner,
  K.jobOwner,
  K.serviceInfo,
  K.servicePort,
  R.up,
  R.commands,
].map(({ name }) => name);

/**
 * Requests of the time before a world, as far as the period of error budgets and the longest burn rate rule reach: counters
 * at instants half an hour apart, hours for what is older. Empty when the source has nothing older than the world.
 */
export async function readEarlier(
  reader: Reader,
  world: World,
  objectives: ObjectiveSettings,
  model: ModelSettings,
  signal?: AbortSignal,
): Promise<EarlierBudgets> {
  const extent = await reader.extent(signal);
  const grids = extent
    ? affordable(earlierGrids(world, extent.from, objectives), seriesOfRequests(world))
    : [];
  const queries = grids.length > 0 ? queriesFor(world, objectives) : [];
  let budgets: EarlierBudgets = new Map();
  if (queries.length === 0) return budgets;
  for (const cells of grids) {
    // An instant before the first cell, from which its counters grow.
    const instants = { ...cells, from: milliseconds(cells.from - cells.step), points: cells.points + 1 };
    const answers = await Promise.all(queries.map((query) => reader.queryRange(query, instants, signal)));
    const range = { from: cells.from, to: gridTime(cells, cells.points - 1) };
    const older = buildWorld(answers.flatMap(seriesOf), range, { step: cells.step, model });
    const custom = await readIndicators(
      reader,
      { ...older, grid: cells },
      averaged(objectives, cells),
      signal,
    );
    budgets = earlierBudgets(older, world, objectives, budgets, custom);
  }
  return budgets;
}

/** Samples that are asked at most: what is further away is left out first. */
const MOST_SAMPLES = 5_000_000;
/** Statuses and bounds of one stream of requests. */
const SERIES_EACH = 5;

function affordable(grids: readonly TimeGrid[], series: number): readonly TimeGrid[] {
  let samples = 0;
  return grids
    .toReversed()
    .filter(({ points }) => (samples += points * series) <= MOST_SAMPLES)
    .toReversed();
}

/** About as many series as count requests of this world. */
function seriesOfRequests({ applications, dependencies }: World): number {
  const served = applications.reduce((sum, one) => sum + one.inbound.length * one.instances.length, 0);
  const called = dependencies.reduce((sum, one) => sum + one.requests.length * one.links.length, 0);
  return SERIES_EACH * (served + called);
}

/** Samples of a range query as a series that was scraped at its instants. */
function seriesOf({ grid, series }: Matrix): readonly Series[] {
  return series.map(({ labels, values }) => {
    const known = [...values.keys()].filter((i) => values[i] === values[i]);
    return {
      labels,
      timestamps: Float64Array.from(known, (i) => gridTime(grid, i)),
      values: Float64Array.from(known, (i) => values[i]!),
    };
  });
}

/** Queries of the configuration ask what is so at an instant: over a cell of hours their mean counts. */
function averaged(settings: ObjectiveSettings, { step }: TimeGrid): ObjectiveSettings {
  const mean = (query: string): string => `avg_over_time((${query})[${step / 1000}s:1m])`;
  return {
    ...settings,
    rules: settings.rules.map((rule) => {
      if (!rule.queries) return rule;
      const queries =
        'histogram' in rule.queries
          ? { histogram: mean(rule.queries.histogram) }
          : { total: mean(rule.queries.total), bad: mean(rule.queries.bad) };
      return { ...rule, queries };
    }),
  };
}

/** Everything that is counted of requests in this world, and nothing else; empty when there are none. */
function queriesFor(world: World, objectives: ObjectiveSettings): readonly string[] {
  const sides = [
    ...world.applications.flatMap(({ inbound }) => inbound.map((one) => ({ one, inbound: true }))),
    ...world.dependencies.flatMap(({ requests }) => requests.map((one) => ({ one, inbound: false }))),
  ].filter(({ one }) => one.protocol !== 'otel');
  if (sides.length === 0) return [];
  const counters = new Set<string>();
  const [judged, whole] = [new Set<string>(), new Set<string>()];
  for (const { one, inbound } of sides) {
    const metrics = requestMetrics(one.protocol);
    counters.add(inbound ? metrics.inbound.name : metrics.count.name);
    const buckets = `${inbound ? metrics.inboundDuration.name : metrics.duration.name}_bucket`;
    // What waits by design is told by its whole distribution, all else by the bounds beside the limit.
    (waitingMode(world.grid, one) ? whole : judged).add(buckets);
  }
  const some = [...judged].filter((name) => !whole.has(name));
  return [
    select([...IDENTITY, ...counters]),
    ...(some.length > 0 ? [select(some, boundsMatcher(world, objectives))] : []),
    ...(whole.size > 0 ? [select([...whole])] : []),
  ];
}

const select = (names: readonly string[], ...more: readonly string[]): string =>
  `{${[`__name__=~${JSON.stringify(names.join('|'))}`, ...more].join(',')}}`;

/** The bounds on either side of every limit in use, and +Inf. */
function boundsMatcher(world: World, objectives: ObjectiveSettings): string {
  const wanted = new Set<number>([Infinity]);
  for (const application of world.applications) {
    const limits = objectivesOf(application, objectives).flatMap(({ threshold }) => threshold ?? []);
    const requests = [...application.inbound, ...application.downstreams.flatMap((one) => one.requests)];
    for (const { latency } of requests) for (const limit of limits) addNeighbours(wanted, latency, limit);
  }
  const texts = [...wanted].map((bound) =>
    bound === Infinity
      ? '[+]Inf'
      : `${String(bound).replace('.', '[.]')}${Number.isInteger(bound) ? '([.]0)?' : ''}`,
  );
  return `le=~${JSON.stringify(texts.join('|'))}`;
}

function addNeighbours(wanted: Set<number>, latency: RequestColumns['latency'], limit: number): void {
  const bounds = latency?.bounds ?? [];
  const below = bounds.findLast((bound) => bound <= limit);
  const above = bounds.find((bound) => bound >= limit);
  for (const bound of [below, above]) if (bound !== undefined) wanted.add(bound);
}
