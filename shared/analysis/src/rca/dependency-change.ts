import { formatValue } from '@gumshoe/base/units';
import { countOf, maxColumns, maxOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { CellRange, Dependency, RequestColumns } from '@gumshoe/model/world';
import { ramp } from './candidates/define.ts';
import type { Frame } from './frame.ts';
import { perFrame } from './memo.ts';
import { waitedOn } from './own-trouble.ts';

/** What a dependency did before and during the incident. Latencies in seconds, rates per second. */
export interface DependencyChange {
  readonly dependency: Dependency;
  readonly before: EdgeFigures;
  readonly during: EdgeFigures;
  /** 0 = as before, 1 = clearly broken. */
  readonly impairment: number;
  readonly reasons: readonly string[];
}

export interface EdgeFigures {
  readonly rate: number;
  readonly mean: number;
  readonly errorRatio: number;
  readonly refused: number;
  readonly connects: number;
  readonly oldest: number;
  readonly retransmits: number;
}

/** Latency below this never counts as slow, seconds. */
const LEAST_LATENCY_RISE = 0.005;
/** What is taken for usual where there is no time before, seconds. */
const USUAL_LATENCY = 0.15;

export const dependencyChange: (dependency: Dependency, frame: Frame) => DependencyChange = perFrame(judge);

function judge(dependency: Dependency, frame: Frame): DependencyChange {
  const { baseline, incident } = frame;
  const before = figuresOf(dependency, frame, baseline, observedCells(dependency, frame, baseline));
  // what is no longer observed during the incident counts as stopped
  const during = figuresOf(dependency, frame, incident, incident.hi - incident.lo);
  const parts = [latencyPart(before, during, frame), errorPart(before, during), refusedPart(before, during)];
  parts.push(hangingPart(before, during), collapsePart(before, during));
  const telling = parts.filter((part) => part.weight > 0).sort((a, b) => b.weight - a.weight);
  return {
    dependency,
    before,
    during,
    impairment: telling[0]?.weight ?? 0,
    reasons: telling.map((part) => part.reason),
  };
}

/** Cells in which anything was known of it: a baseline may reach back to before the first sample. */
function observedCells({ requests, tcp }: Dependency, { world }: Frame, cells: CellRange): number {
  const columns = [...requests.map((one) => one.rate), tcp.connects, tcp.active];
  return countOf(sumColumns(columns, world.grid.points), cells);
}

function figuresOf(dependency: Dependency, frame: Frame, cells: CellRange, observed: number): EdgeFigures {
  const { requests, tcp } = dependency;
  const length = Math.max(1, observed);
  const total = (column: (one: RequestColumns) => Float64Array) =>
    requests.reduce((sum, one) => sum + sumOf(column(one), cells), 0);
  const count = total((one) => one.rate);
  const ages = requests.flatMap((one) => one.inFlightAge ?? []);
  return {
    rate: count / length,
    mean: count > 0 ? sumOf(waitedOn(dependency, frame), cells) / count : NaN,
    errorRatio: count > 0 ? total((one) => one.failed) / count : NaN,
    refused: sumOf(tcp.failedConnects, cells) / length,
    connects: sumOf(tcp.connects, cells) / length,
    oldest: maxOf(maxColumns(ages, frame.world.grid.points), cells),
    retransmits: sumOf(tcp.retransmits, cells) / length,
  };
}

interface Part {
  readonly weight: number;
  readonly reason: string;
}

function latencyPart(before: EdgeFigures, during: EdgeFigures, { hasBaseline }: Frame): Part {
  const rise = during.mean - (before.mean || 0);
  const unknown = hasBaseline ? (rise > LEAST_LATENCY_RISE ? 10 : 0) : during.mean / USUAL_LATENCY;
  const ratio = before.mean > 0 ? during.mean / before.mean : unknown;
  const weight = rise > LEAST_LATENCY_RISE ? ramp(Math.log2(Math.max(1, ratio)), 0.4, 2.5) : 0;
  return {
    weight,
    reason: `mean latency ${formatValue(before.mean, 'seconds')} → ${formatValue(during.mean, 'seconds')}`,
  };
}

function errorPart(before: EdgeFigures, during: EdgeFigures): Part {
  const rise = during.errorRatio - (before.errorRatio || 0);
  return {
    weight: ramp(rise, 0.005, 0.1),
    reason: `failed requests ${formatValue(before.errorRatio || 0, 'ratio')} → ${formatValue(during.errorRatio, 'ratio')}`,
  };
}

function refusedPart(before: EdgeFigures, during: EdgeFigures): Part {
  const rise = during.refused - before.refused;
  return {
    weight: during.refused > 2 * before.refused ? ramp(rise, 0.01, 0.3) : 0,
    reason: `failed connection attempts ${formatValue(before.refused, 'per-second')} → ${formatValue(during.refused, 'per-second')}`,
  };
}

function hangingPart(before: EdgeFigures, during: EdgeFigures): Part {
  const usual = before.oldest === before.oldest ? before.oldest : 0;
  return {
    weight: during.oldest > 3 * usual ? ramp(during.oldest, 0.5, 4) : 0,
    reason: `oldest unanswered request ${formatValue(usual, 'seconds')} → ${formatValue(during.oldest, 'seconds')}`,
  };
}

/** Less traffic alone proves little: the trouble may lie before this edge. */
function collapsePart(before: EdgeFigures, during: EdgeFigures): Part {
  const left = before.rate > 0.2 ? during.rate / before.rate : 1;
  return {
    weight: left < 0.1 ? 0.5 : left < 0.5 ? 0.3 : 0,
    reason: `requests ${formatValue(before.rate, 'requests/second')} → ${formatValue(during.rate, 'requests/second')}`,
  };
}

/** Mean latency of a dependency cell by cell, hanging requests' age where that is worse. */
export function waitColumn(dependency: Dependency, points: number): Float64Array {
  const { requests } = dependency;
  const sum = sumColumns(
    requests.map((one) => one.durationSum),
    points,
  );
  const rate = sumColumns(
    requests.map((one) => one.rate),
    points,
  );
  const age = maxColumns(
    requests.flatMap((one) => one.inFlightAge ?? []),
    points,
  );
  return sum.map((value, i) => {
    const mean = rate[i]! > 0 ? value / rate[i]! : NaN;
    const oldest = age[i]!;
    if (mean !== mean) return oldest;
    return oldest > 1 && oldest > mean ? oldest : mean;
  });
}
