import type { TimeGrid } from '@gumshoe/base/time';
import { maxColumns, medianOf, mergeHistograms, slowerThan, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, HistogramColumns, RequestColumns, World } from '@gumshoe/model/world';

/** Service level indicators of one application: rates per second on the world's grid. */
export interface Indicators {
  readonly rate: Column;
  readonly failed: Column;
  /** Slower than the latency threshold, requests that hang without an answer included. */
  readonly slow: Column;
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
export function indicatorsOf(world: World, application: Application, threshold: number): Indicators {
  const points = world.grid.points;
  const clients = application.downstreams.flatMap((dependency) => dependency.requests);
  const inbound = application.inbound;
  const source = inbound.length > 0 ? 'inbound' : clients.length > 0 ? 'clients' : 'none';
  const preferred = source === 'inbound' ? inbound : clients;
  const failedConnects = sumColumns(
    application.downstreams.map((dependency) => dependency.tcp.failedConnects),
    points,
  );
  const answered = worseOf(points, inbound, clients, (requests) => requests.rate);
  const failed = sumColumns(
    [worseOf(points, inbound, clients, (requests) => requests.failed), failedConnects],
    points,
  );
  const rate = sumColumns([answered, failedConnects], points);
  const slowAnswers = worseOf(points, inbound, clients, (requests) =>
    requests.latency ? slowerThan(requests.latency, threshold) : requests.rate.map(() => NaN),
  );
  const inFlightAge = maxColumns(
    waitingOn(application, clients).flatMap((requests) => requests.inFlightAge ?? []),
    points,
  );
  const stuck = stuckRequests(world.grid, rate, inFlightAge, threshold);
  const latency = mergeHistograms(preferred.flatMap((requests) => requests.latency ?? []));
  return {
    rate: sumColumns([rate, stuck], points),
    failed,
    slow: sumColumns([slowAnswers, stuck], points),
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

/** Whose open requests tell that ours hang: our clients', or, when nobody observes those, our own to others. */
function waitingOn(application: Application, clients: readonly RequestColumns[]): readonly RequestColumns[] {
  if (clients.length > 0) return clients;
  return application.upstreams.flatMap((dependency) => dependency.requests);
}

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
  const calm = rate.map((value, i) => (hanging[i] ? NaN : value));
  const usual = medianOf(calm, { lo: 0, hi: calm.length });
  const stuck = rate.map((value) => (value === value ? 0 : NaN));
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
