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
    clients.flatMap((requests) => requests.inFlightAge ?? []),
    points,
  );
  const stuck = stuckRequests(rate, inFlightAge, threshold);
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
 * Requests that hang produce no latency: while the oldest one waits longer than the threshold and fewer
 * complete than usual, the missing ones are the stuck ones. Per second.
 */
function stuckRequests(rate: Column, inFlightAge: Column, threshold: number): Column {
  const stuck = rate.map((value) => (value === value ? 0 : NaN));
  const calm = rate.map((value, i) => (inFlightAge[i]! > threshold ? NaN : value));
  const usual = medianOf(calm, { lo: 0, hi: calm.length });
  if (!(usual > 0)) return stuck;
  for (let i = 0; i < stuck.length; i++) {
    const now = rate[i] === rate[i] ? rate[i]! : 0;
    if (inFlightAge[i]! > threshold && now < STUCK_SHARE * usual) stuck[i] = usual - now;
  }
  return stuck;
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
