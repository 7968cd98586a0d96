import { formatValue, type Unit } from '@gumshoe/base/units';
import { latencyQuantile, mergeHistograms, ratioColumn, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Application, Column, Dependency, RequestColumns, World } from '@gumshoe/model/world';
import type { InspectedApplication, InspectedWorld } from '../inspect.ts';
import type { Difference, DifferenceKind } from './difference.ts';
import { bitsOf, shiftOf } from './shift.ts';

/** Both sides of one thing. */
export interface Pair<T> {
  readonly before: T;
  readonly after: T;
}

interface Measured {
  readonly rate: Column;
  readonly failed: Column;
  readonly durationSum: Column;
  readonly latency?: RequestColumns['latency'];
}

interface Subject {
  readonly application: Application['id'];
  readonly peer?: Application['id'];
  readonly name: string;
}

const LEAST_RATE = 0.05;
const LEAST_SECONDS = 0.001;
const LEAST_ERROR_SHARE = 0.005;
/** Requests that a share must rest on. */
const LEAST_REQUESTS = 20;

/** Traffic, errors and latency of an application as its users see it, and its instances' resources. */
export function applicationDifferences(
  worlds: Pair<InspectedWorld>,
  one: Pair<InspectedApplication>,
): readonly Difference[] {
  const { id, name } = one.after.application;
  const measured = {
    before: one.before.serviceLevel.indicators,
    after: one.after.serviceLevel.indicators,
  };
  const pair = { before: worlds.before.world, after: worlds.after.world };
  return [
    ...requestDifferences(pair, measured, { application: id, name }),
    ...resourceDifferences(pair, { before: one.before.application, after: one.after.application }),
  ];
}

/** Traffic, errors and latency between two applications as the client sees them. */
export function dependencyDifferences(
  worlds: Pair<World>,
  { before, after }: Pair<Dependency>,
): readonly Difference[] {
  const nameOf = (id: Application['id']): string => worlds.after.byId.get(id)?.name ?? id;
  const subject = {
    application: after.client,
    peer: after.server,
    name: `${nameOf(after.client)} → ${nameOf(after.server)}`,
  };
  const measured = (world: World, { requests }: Dependency): Measured => {
    const column = (pick: (one: RequestColumns) => Column): Column =>
      sumColumns(requests.map(pick), world.grid.points);
    const latency = mergeHistograms(requests.flatMap((one) => one.latency ?? []));
    return {
      rate: column((one) => one.rate),
      failed: column((one) => one.failed),
      durationSum: column((one) => one.durationSum),
      ...(latency ? { latency } : {}),
    };
  };
  return requestDifferences(
    worlds,
    { before: measured(worlds.before, before), after: measured(worlds.after, after) },
    subject,
  );
}

function requestDifferences(
  worlds: Pair<World>,
  { before, after }: Pair<Measured>,
  subject: Subject,
): readonly Difference[] {
  return [
    shifted('traffic', 'requests', 'per-second', LEAST_RATE, worlds, subject, {
      before: before.rate,
      after: after.rate,
    }),
    shifted('latency', 'mean latency', 'seconds', LEAST_SECONDS, worlds, subject, {
      before: ratioColumn(before.durationSum, before.rate),
      after: ratioColumn(after.durationSum, after.rate),
    }),
    tailDifference(worlds, { before, after }, subject),
    errorDifference(worlds, { before, after }, subject),
  ].flatMap((one) => one ?? []);
}

function shifted(
  kind: DifferenceKind,
  what: string,
  unit: Unit,
  floor: number,
  worlds: Pair<World>,
  { name, ...of }: Subject,
  columns: Pair<Column>,
): Difference | undefined {
  const shift = shiftOf(
    { column: columns.before, window: worlds.before.window },
    { column: columns.after, window: worlds.after.window },
    floor,
  );
  if (!shift) return undefined;
  const message = `${name}: ${what} went from ${formatValue(shift.before, unit)} to ${formatValue(shift.after, unit)}.`;
  return { kind, ...of, what, unit, ...shift, message };
}

/** A bucket bound wide: less can be an effect of the buckets. */
const TAIL_RATIO = 2;

function tailDifference(
  worlds: Pair<World>,
  { before, after }: Pair<Measured>,
  { name, ...of }: Subject,
): Difference | undefined {
  if (!before.latency || !after.latency) return undefined;
  const [was, is] = [
    latencyQuantile(before.latency, worlds.before.window, 0.99),
    latencyQuantile(after.latency, worlds.after.window, 0.99),
  ];
  const ratio = Math.max(was, is) / Math.min(was, is);
  if (!(ratio >= TAIL_RATIO) || Math.abs(is - was) < LEAST_SECONDS) return undefined;
  const message = `${name}: 99% of requests took up to ${formatValue(was, 'seconds')}, now ${formatValue(is, 'seconds')}.`;
  const surprise = bitsOf(2 * Math.log2(ratio));
  return {
    kind: 'latency',
    ...of,
    what: '99th percentile',
    unit: 'seconds',
    before: was,
    after: is,
    surprise,
    message,
  };
}

/** Two shares and how likely they are of one (normal approximation of two binomials). */
function errorDifference(
  worlds: Pair<World>,
  { before, after }: Pair<Measured>,
  { name, ...of }: Subject,
): Difference | undefined {
  const [was, is] = [shareOf(worlds.before, before), shareOf(worlds.after, after)];
  if (!was || !is || Math.abs(is.share - was.share) < LEAST_ERROR_SHARE) return undefined;
  const pooled = (was.failed + is.failed) / (was.requests + is.requests);
  const spread = Math.sqrt(
    pooled * (1 - pooled) * (1 / was.requests + 1 / is.requests) + LEAST_ERROR_SHARE ** 2 / 4,
  );
  const surprise = bitsOf((is.share - was.share) / spread);
  const message = `${name}: ${formatValue(was.share, 'ratio')} of requests failed, now ${formatValue(is.share, 'ratio')}.`;
  return {
    kind: 'errors',
    ...of,
    what: 'failed requests',
    unit: 'ratio',
    before: was.share,
    after: is.share,
    surprise,
    message,
  };
}

function shareOf({ grid, window }: World, { rate, failed }: Measured) {
  const seconds = grid.step / 1000;
  const requests = sumOf(rate, window) * seconds;
  if (!(requests >= LEAST_REQUESTS)) return undefined;
  const bad = Math.min(requests, sumOf(failed, window) * seconds || 0);
  return { requests, failed: bad, share: bad / requests };
}

function resourceDifferences(
  worlds: Pair<World>,
  { before, after }: Pair<Application>,
): readonly Difference[] {
  const subject = { application: after.id, name: after.name };
  const total = (
    world: World,
    { instances }: Application,
    pick: (one: Application['instances'][number]) => Column,
  ) => sumColumns(instances.map(pick), world.grid.points);
  const pair = (pick: (one: Application['instances'][number]) => Column): Pair<Column> => ({
    before: total(worlds.before, before, pick),
    after: total(worlds.after, after, pick),
  });
  return [
    shifted(
      'resource',
      'CPU',
      'cores',
      0.05,
      worlds,
      subject,
      pair((one) => one.cpuUsage),
    ),
    shifted(
      'resource',
      'memory',
      'bytes',
      32 * 1024 ** 2,
      worlds,
      subject,
      pair((one) => one.memoryRss),
    ),
  ].flatMap((one) => one ?? []);
}
