import { formatValue } from '@gumshoe/base/units';
import { meanOf, ratioColumn, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { CellRange, Dependency, World } from '@gumshoe/model/world';
import type { InspectedApplication } from '../inspect.ts';
import { rankDifference, shareDifference } from './significance.ts';

const SURE = 3;
/** What is called got worse when so much more of it fails, or when it takes so much longer. */
const MORE_FAILED = 0.005;
const SLOWER = 1.15;
/** So much more is asked of it. */
const BUSIER = 1.3;
const MOST = 3;

/**
 * What changed around an application at the time of its deployment and may explain that its users fare worse: what
 * it calls failed more or became slower, or it was asked for more. Sentences, most telling first.
 */
export function findConfounders(
  world: World,
  { application, serviceLevel }: InspectedApplication,
  before: CellRange,
  after: CellRange,
): readonly string[] {
  const nameOf = (id: Dependency['server']): string => world.byId.get(id)?.name ?? id;
  const called = application.upstreams
    .filter(({ server }) => server !== application.id)
    .flatMap((dependency) => worsened(world, dependency, nameOf(dependency.server), before, after))
    .sort((a, b) => b.weight - a.weight || (a.what < b.what ? -1 : 1))
    .map(({ what }) => what);
  return [...called, ...busier(serviceLevel.indicators.rate, before, after)].slice(0, MOST);
}

interface Worsened {
  readonly what: string;
  readonly weight: number;
}

function worsened(
  { grid }: World,
  { requests, tcp }: Dependency,
  name: string,
  before: CellRange,
  after: CellRange,
): readonly Worsened[] {
  const sum = (part: 'rate' | 'failed' | 'durationSum') =>
    sumColumns(
      requests.map((one) => one[part]),
      grid.points,
    );
  const rate = sumColumns([sum('rate'), tcp.failedConnects], grid.points);
  const failed = sumColumns([sum('failed'), tcp.failedConnects], grid.points);
  const seconds = grid.step / 1000;
  const proportion = (cells: CellRange) => ({
    bad: sumOf(failed, cells) * seconds,
    total: sumOf(rate, cells) * seconds,
  });
  const [a, b] = [proportion(before), proportion(after)];
  const more = b.bad / b.total - a.bad / a.total;
  const found: Worsened[] = [];
  if (more > MORE_FAILED && shareDifference(a, b) >= SURE) {
    const figures = `${formatValue(a.bad / a.total, 'ratio')} before, ${formatValue(b.bad / b.total, 'ratio')} after`;
    found.push({ what: `requests to ${name} fail more (${figures})`, weight: 10 * more });
  }
  const latency = ratioColumn(sum('durationSum'), sum('rate'));
  const [usual, now] = [meanOf(latency, before), meanOf(latency, after)];
  if (now > SLOWER * usual && rankDifference(latency, before, after) >= SURE) {
    const figures = `${formatValue(usual, 'seconds')} before, ${formatValue(now, 'seconds')} after`;
    found.push({ what: `${name} is slower (${figures})`, weight: Math.log(now / usual) });
  }
  return found;
}

/** Less is asked of it: what it needs anyway is then shared by fewer requests. */
export function findQuieter(
  rate: InspectedApplication['serviceLevel']['indicators']['rate'],
  before: CellRange,
  after: CellRange,
): readonly string[] {
  const [usual, now] = [meanOf(rate, before), meanOf(rate, after)];
  if (!(now * BUSIER < usual) || !(rankDifference(rate, before, after) <= -SURE)) return [];
  return [
    `it is asked for less (${formatValue(usual, 'per-second')} before, ${formatValue(now, 'per-second')} after)`,
  ];
}

function busier(
  rate: InspectedApplication['serviceLevel']['indicators']['rate'],
  before: CellRange,
  after: CellRange,
): readonly string[] {
  const [usual, now] = [meanOf(rate, before), meanOf(rate, after)];
  if (!(now > BUSIER * usual) || !(rankDifference(rate, before, after) >= SURE)) return [];
  const figures = `${formatValue(usual, 'per-second')} before, ${formatValue(now, 'per-second')} after`;
  return [`it is asked for more (${figures})`];
}
