import { formatValue } from '@gumshoe/base/units';
import {
  bucketQuantile,
  maxColumns,
  maxOf,
  meanOf,
  medianOf,
  mergeHistograms,
  sumColumns,
  sumOf,
} from '@gumshoe/model/columns';
import type { Evidence, Health } from '@gumshoe/model/entities';
import type { CellRange, Column, Dependency, RequestColumns, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { promqlEvidence, rateWindow, selectDependency } from './evidence.ts';
import { worstHealth } from './finding.ts';
import { judgedCells, sustainRule } from './inspections/sustained.ts';
import { isTimed, waitingAges } from './slo/operation-class.ts';
import { waitingMode } from './slo/waiting-mode.ts';

/** Figures of one dependency at the end of the window, and what they mean. */
export interface DependencyState {
  readonly health: Health;
  readonly reasons: readonly string[];
  readonly requestRate: number;
  readonly errorRatio: number;
  /** seconds */
  readonly p99: number;
  readonly averageLatency: number;
  /** per second */
  readonly failedConnects: number;
  readonly bytesPerSecond: number;
  readonly evidence: readonly Evidence[];
}

/** Length of "now" for the figures of an application, and for those of a dependency, ms. */
const LAST_MINUTE = 60_000;
const NOW = 30_000;
const ERROR_WARNING = 0.01;
const ERROR_CRITICAL = 0.1;
/** Failed requests below this count in "now" prove nothing. */
const MIN_FAILED = 3;
const SLOW_P99 = 0.5;
const HANGING = 1;
/** A request rate below this part of the usual one, with requests hanging, is a stall. */
const STALL_SHARE = 0.5;

/**
 * The last minute of the window, or so many ms, at least four cells; of a column that is told of less often than most, its
 * own last ones.
 */
export function recentCells(world: World, column: Column, length = LAST_MINUTE): CellRange {
  const points = Math.max(4, Math.round(length / world.grid.step));
  return judgedCells(column, world.window, { ...sustainRule(0, world.grid), points });
}

export function dependencyState(world: World, dependency: Dependency): DependencyState {
  const { requests, tcp } = dependency;
  const { points, step } = world.grid;
  const total = (pick: (one: RequestColumns) => Column): Column => sumColumns(requests.map(pick), points);
  const rate = total((one) => one.rate);
  const cells = recentCells(world, rate, NOW);
  const lately = (column: Column): number => meanOf(column, recentCells(world, column, NOW));
  const count = sumOf(rate, cells);
  const failed = sumOf(
    total((one) => one.failed),
    cells,
  );
  const refused = lately(tcp.failedConnects) || 0;
  const bytes = (lately(tcp.bytesSent) || 0) + (lately(tcp.bytesReceived) || 0);
  const ages = maxColumns(waitingAges(world, dependency), points);
  const figures: Figures = {
    rate: requests.length > 0 ? meanOf(rate, cells) : NaN,
    failed: failed * (step / 1000),
    errorRatio: count > 0 ? failed / count : NaN,
    p99: p99In(requests, cells),
    answers: p99In(requests.filter(isAnswered(world)), cells),
    average:
      count > 0
        ? sumOf(
            total((one) => one.durationSum),
            cells,
          ) / count
        : NaN,
    refused,
    oldest: maxOf(ages, { lo: Math.max(0, world.window.hi - 3), hi: world.window.hi }),
    usual: medianOf(rate, { lo: 0, hi: cells.lo }),
  };
  const verdicts = judge(figures);
  const reasons = verdicts.map(({ reason }) => reason);
  return {
    health:
      verdicts.length > 0 ? worstHealth(verdicts.map((verdict) => verdict.health)) : idle(figures, bytes),
    reasons,
    requestRate: figures.rate,
    errorRatio: figures.errorRatio,
    p99: figures.p99,
    averageLatency: figures.average,
    failedConnects: refused,
    bytesPerSecond: bytes,
    evidence: evidenceOf(world, dependency, reasons),
  };
}

/** Whether the latency of requests is the server's: they do not wait by design. */
const isAnswered =
  ({ grid }: World) =>
  (one: RequestColumns): boolean =>
    isTimed(one) && waitingMode(grid, one) === undefined;

function p99In(requests: readonly RequestColumns[], cells: CellRange): number {
  const histogram = mergeHistograms(requests.flatMap((one) => one.latency ?? []));
  if (!histogram) return NaN;
  const { bounds, counts } = histogram;
  return bucketQuantile(
    bounds,
    counts.map((column) => sumOf(column, cells)),
    0.99,
  );
}

interface Figures {
  readonly rate: number;
  readonly failed: number;
  readonly errorRatio: number;
  readonly p99: number;
  /** The same of requests that do not wait by design. */
  readonly answers: number;
  readonly average: number;
  readonly refused: number;
  readonly oldest: number;
  readonly usual: number;
}

interface Reason {
  readonly health: Health;
  readonly reason: string;
}

function judge(figures: Figures): readonly Reason[] {
  const { failed, errorRatio, answers, refused, oldest, rate, usual } = figures;
  const reasons: Reason[] = [];
  if (refused > 0.01) {
    reasons.push({
      health: 'critical',
      reason: `${formatValue(refused, 'per-second')} connection attempts fail`,
    });
  }
  if (failed >= MIN_FAILED && errorRatio > ERROR_WARNING) {
    const health = errorRatio > ERROR_CRITICAL ? 'critical' : 'warning';
    reasons.push({ health, reason: `${formatValue(errorRatio, 'ratio')} of requests fail` });
  }
  if (oldest > HANGING) {
    const stalled = usual > 0 && !(rate >= STALL_SHARE * usual);
    const reason = `a request has waited ${formatValue(oldest, 'seconds')} for its answer`;
    reasons.push({ health: stalled ? 'critical' : 'warning', reason });
  }
  if (answers > SLOW_P99) {
    reasons.push({ health: 'warning', reason: `p99 latency is ${formatValue(answers, 'seconds')}` });
  }
  return reasons;
}

const idle = (figures: Figures, bytes: number): Health => (figures.rate > 0 || bytes > 0 ? 'ok' : 'unknown');

function evidenceOf(world: World, dependency: Dependency, reasons: readonly string[]): readonly Evidence[] {
  const window = rateWindow(world);
  const summary = reasons.join('; ') || 'nothing is wrong here';
  const protocol = dependency.requests[0]?.protocol;
  const metric = protocol ? requestMetrics(protocol).count.name : CONTAINER_METRICS.tcpConnects.name;
  const by = protocol ? 'sum by (status) ' : 'sum ';
  const query = `${by}(rate(${selectDependency(dependency, metric)}${window}))`;
  const refused = `sum (rate(${selectDependency(dependency, CONTAINER_METRICS.tcpFailedConnects.name)}${window}))`;
  return [
    promqlEvidence(query, world.range, summary),
    ...(reasons.some((reason) => reason.includes('connection attempts'))
      ? [promqlEvidence(refused, world.range, summary)]
      : []),
  ];
}
