import { formatValue } from '@gumshoe/base/units';
import {
  bucketQuantile,
  maxColumns,
  maxOf,
  medianOf,
  mergeHistograms,
  sumColumns,
  sumOf,
} from '@gumshoe/model/columns';
import type { Evidence, Health } from '@gumshoe/model/entities';
import type { CellRange, Dependency, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { promqlEvidence, rateWindow, selectDependency } from './evidence.ts';
import { worstHealth } from './finding.ts';

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

/** The last minute of the window, or so many ms, at least four cells. */
export function recentCells(world: World, length = LAST_MINUTE): CellRange {
  const cells = Math.max(4, Math.round(length / world.grid.step));
  return { lo: Math.max(0, world.window.hi - cells), hi: world.window.hi };
}

export function dependencyState(world: World, dependency: Dependency): DependencyState {
  const cells = recentCells(world, NOW);
  const seconds = (world.grid.step / 1000) * (cells.hi - cells.lo);
  const { requests, tcp } = dependency;
  const points = world.grid.points;
  const rate = sumColumns(
    requests.map((one) => one.rate),
    points,
  );
  const count = sumOf(rate, cells) * (world.grid.step / 1000);
  const failed = requests.reduce((sum, one) => sum + sumOf(one.failed, cells), 0) * (world.grid.step / 1000);
  const duration = requests.reduce((sum, one) => sum + sumOf(one.durationSum, cells), 0);
  const histogram = mergeHistograms(requests.flatMap((one) => one.latency ?? []));
  const refused = (sumOf(tcp.failedConnects, cells) * (world.grid.step / 1000)) / seconds;
  const bytes = (sumOf(tcp.bytesSent, cells) + sumOf(tcp.bytesReceived, cells)) / (cells.hi - cells.lo);
  const oldest = maxOf(
    maxColumns(
      requests.flatMap((one) => one.inFlightAge ?? []),
      points,
    ),
    {
      lo: Math.max(cells.lo, cells.hi - 3),
      hi: cells.hi,
    },
  );
  const usual = medianOf(rate, { lo: 0, hi: cells.lo });
  const figures: Figures = {
    rate: requests.length > 0 ? count / seconds : NaN,
    failed,
    errorRatio: count > 0 ? failed / count : NaN,
    p99: histogram
      ? bucketQuantile(
          histogram.bounds,
          histogram.counts.map((column) => sumOf(column, cells)),
          0.99,
        )
      : NaN,
    average: count > 0 ? (duration * (world.grid.step / 1000)) / count : NaN,
    refused,
    oldest,
    usual,
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

interface Figures {
  readonly rate: number;
  readonly failed: number;
  readonly errorRatio: number;
  readonly p99: number;
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
  const { failed, errorRatio, p99, refused, oldest, rate, usual } = figures;
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
  if (p99 > SLOW_P99) {
    reasons.push({ health: 'warning', reason: `p99 latency is ${formatValue(p99, 'seconds')}` });
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
