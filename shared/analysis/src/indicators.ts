import type { TimeGrid } from '@gumshoe/base/time';
import { maxColumns, medianOf, mergeHistograms, sumColumns } from '@gumshoe/model/columns';
import type {
  Application,
  Column,
  Dependency,
  HistogramColumns,
  RequestColumns,
  World,
} from '@gumshoe/model/world';
import { isAuxiliary } from './slo/objectives.ts';
import { blockingRate, isTimed, waitingAges } from './slo/operation-class.ts';
import { slowRequests } from './slo/slow-share.ts';
import { leastWait, waitingMode } from './slo/waiting-mode.ts';

/** Service level indicators of one application: rates per second on the world's grid. */
export interface Indicators {
  readonly rate: Column;
  readonly failed: Column;
  /** Requests whose latency says something about the server: all but those that wait by design. */
  readonly timed: Column;
  /** Slower than the latency threshold, requests that hang without an answer included; of the timed ones. */
  readonly slow: Column;
  /** Perhaps slower than the threshold: both lie above what the histogram tells apart. */
  readonly undecided?: Column;
  /** Part of `slow` that never completed in its cell. */
  readonly stuck: Column;
  /** Refused or lost connection attempts of clients, part of `failed`. */
  readonly failedConnects: Column;
  readonly latency?: HistogramColumns;
  readonly durationSum: Column;
  readonly inFlightAge: Column;
  readonly failedByStatus: ReadonlyMap<string, Column>;
  /** Whose view: the servers' own, or that of its observed clients. */
  readonly source: 'inbound' | 'clients' | 'none';
}

/** Completed requests below this share of the usual rate mean that the rest hangs. */
const STUCK_SHARE = 0.9;

/**
 * What users of an application experience. Servers count what they answered; clients also know of refused
 * connections and of requests that never got an answer, so each cell takes the worse of both views.
 */
export function indicatorsOf(
  world: World,
  application: Application,
  threshold: number,
  promised = false,
): Indicators {
  const points = world.grid.points;
  const downstreams = clientsOf(world, application);
  const clients = downstreams.flatMap((dependency) => dependency.requests);
  const inbound = application.inbound;
  const source = inbound.length > 0 ? 'inbound' : clients.length > 0 ? 'clients' : 'none';
  const preferred = source === 'inbound' ? inbound : clients;
  const failedConnects = sumColumns(
    downstreams.map((dependency) => dependency.tcp.failedConnects),
    points,
  );
  const answered = worseOf(points, inbound, clients, (requests) => requests.rate);
  const failed = sumColumns(
    [worseOf(points, inbound, clients, (requests) => requests.failed), failedConnects],
    points,
  );
  const rate = sumColumns([answered, failedConnects], points);
  const slowness = slownessOf(world.grid, application, { inbound, clients }, { threshold, promised });
  // Whose open requests tell that ours hang: our clients', or, when nobody observes those, our own to others.
  const waiting = clients.length > 0 ? downstreams : application.upstreams;
  const inFlightAge = maxColumns(
    waiting.flatMap((dependency) => waitingAges(world, dependency)),
    points,
  );
  const stuck = stuckRequests(world.grid, rate, inFlightAge, threshold);
  const all = sumColumns([rate, stuck], points);
  const latency = mergeHistograms(preferred.flatMap((requests) => requests.latency ?? []));
  return {
    rate: all,
    failed,
    timed: slowness.untimed ? without(all, slowness.untimed) : all,
    slow: sumColumns([slowness.slow, stuck], points),
    ...(slowness.undecided ? { undecided: slowness.undecided } : {}),
    stuck,
    failedConnects,
    ...(latency ? { latency } : {}),
    durationSum: sumColumns(
      preferred.map((requests) => requests.durationSum),
      points,
    ),
    inFlightAge,
    failedByStatus: mergeStatuses(preferred, points),
    source,
  };
}

/** What probes and scrapers of the monitoring see is no user's experience, unless nobody else asks. */
function clientsOf(world: World, { category, downstreams }: Application): readonly Dependency[] {
  if (isAuxiliary(category)) return downstreams;
  const users = downstreams.filter(({ client }) => !isAuxiliary(world.byId.get(client)?.category));
  return users.length > 0 ? users : downstreams;
}

interface Slowness {
  readonly slow: Column;
  readonly undecided?: Column;
  /** Requests per second that wait by design: their protocol's, or their command's nature. */
  readonly untimed?: Column;
}

function slownessOf(
  grid: TimeGrid,
  application: Application,
  { inbound, clients }: Record<'inbound' | 'clients', readonly RequestColumns[]>,
  { threshold, promised }: { readonly threshold: number; readonly promised: boolean },
): Slowness {
  const { points } = grid;
  const unknown = new Float64Array(points).fill(NaN);
  const judged = new Map(
    [...inbound, ...clients]
      .filter(isTimed)
      .flatMap((one) => (one.latency ? [[one, slowRequests(one.latency, threshold)] as const] : [])),
  );
  const slow = worseOf(points, inbound, clients, (one) => judged.get(one)?.slow ?? unknown);
  const undecided = [...judged.values()].some((one) => one.undecided)
    ? worseOf(points, inbound, clients, (one) => judged.get(one)?.undecided ?? unknown)
    : undefined;
  const among = new Set(replication(application));
  const waits = new Map(
    [...judged].flatMap(([one, { slow: late }]) => {
      if (among.has(one)) return [[one, { all: one.rate, late }] as const];
      // whoever promises so many seconds speaks of requests that take them
      if (promised && threshold >= leastWait(one.protocol)) return [];
      const rate = waitingMode(grid, one)?.rate;
      return rate ? [[one, { all: rate, late: rate }] as const] : [];
    }),
  );
  const waiting = (part: 'all' | 'late'): Column | undefined =>
    waits.size > 0
      ? worseOf(points, inbound, clients, (one) => waits.get(one)?.[part] ?? unknown)
      : undefined;
  const commands = blockingRate(application, points);
  const blocking = moreOf(commands, waiting('all'));
  const late = moreOf(commands, waiting('late'));
  const untimed = [...inbound, ...clients].every(isTimed)
    ? blocking
    : sumColumns(
        [
          worseOf(points, inbound, clients, (one) => (isTimed(one) ? unknown : one.rate)),
          ...(blocking ? [blocking] : []),
        ],
        points,
      );
  return {
    slow: late ? without(slow, late) : slow,
    ...(undecided ? { undecided: late ? without(undecided, late) : undecided } : {}),
    ...(untimed ? { untimed } : {}),
  };
}

/** What members of one MongoDB ask of each other: they wait for changes to copy. */
const replication = ({ id, downstreams }: Application): readonly RequestColumns[] =>
  downstreams
    .filter(({ client }) => client === id)
    .flatMap(({ requests }) => requests.filter(({ protocol }) => protocol === 'mongodb'));

/** What a probe counts, and what the distribution tells: the more of both, for both see the same requests. */
const moreOf = (a: Column | undefined, b: Column | undefined): Column | undefined =>
  a && b ? maxColumns([a, b], a.length) : (a ?? b);

/** Whatever waited by design was slow for that reason: it is taken off first. */
const without = (column: Column, part: Column): Column =>
  column.map((value, i) => (value === value ? Math.max(0, value - (part[i] || 0)) : NaN));

function worseOf(
  points: number,
  inbound: readonly RequestColumns[],
  clients: readonly RequestColumns[],
  column: (requests: RequestColumns) => Column,
): Column {
  const served = sumColumns(inbound.map(column), points);
  const seen = sumColumns(clients.map(column), points);
  return maxColumns([served, seen], points);
}

/**
 * Requests that hang for longer than a cell show in no histogram: while the oldest one waits and fewer
 * complete than usual, the missing ones are the stuck ones. Per second. Shorter waits end within the next
 * cell and are counted there.
 */
function stuckRequests(grid: TimeGrid, rate: Column, inFlightAge: Column, threshold: number): Column {
  const hanging = hangingCells(grid, inFlightAge, Math.max(threshold, grid.step / 1000));
  const stuck = rate.map((value) => (value === value ? 0 : NaN));
  if (!hanging.includes(1)) return stuck;
  const calm = rate.map((value, i) => (hanging[i] ? NaN : value));
  const usual = medianOf(calm, { lo: 0, hi: calm.length });
  if (!(usual > 0)) return stuck;
  for (let i = 0; i < stuck.length; i++) {
    const now = rate[i] === rate[i] ? rate[i]! : 0;
    if (hanging[i] && now < STUCK_SHARE * usual) stuck[i] = usual - now;
  }
  return stuck;
}

/** Cells in which a request that hangs longer than `least` seconds was waiting, from its start on. */
function hangingCells(grid: TimeGrid, inFlightAge: Column, least: number): Uint8Array {
  const hanging = new Uint8Array(inFlightAge.length);
  for (let i = 0; i < hanging.length; i++) {
    const age = inFlightAge[i]!;
    if (!(age > least)) continue;
    const cells = Math.floor((age * 1000) / grid.step);
    hanging.fill(1, Math.max(0, i - cells + 1), i + 1);
  }
  return hanging;
}

function mergeStatuses(requests: readonly RequestColumns[], points: number): ReadonlyMap<string, Column> {
  const statuses = new Set(requests.flatMap((one) => [...one.failedByStatus.keys()]));
  return new Map(
    [...statuses].sort().map((status) => [
      status,
      sumColumns(
        requests.flatMap((one) => one.failedByStatus.get(status) ?? []),
        points,
      ),
    ]),
  );
}
