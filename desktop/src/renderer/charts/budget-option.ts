import { formatValue } from '@gumshoe/base/units';
import type { ErrorBudgetState } from '../../contract/engine.ts';
import type { Palette } from '../theme/palette.ts';
import { clockText, dateText, shortDateText } from '../widgets/time-text.ts';
import type { EChartsCoreOption } from './echarts.ts';
import { tooltipStyle } from './tooltip-style.ts';

type Point = readonly [at: number, left: number];

/** The lines of an error budget's chart. */
export interface BudgetLines {
  readonly course: readonly Point[];
  /** From now on, if the last hour goes on, towards the instant when nothing is left; empty when it lasts. */
  readonly forecast: readonly Point[];
  /** ms since the epoch: from the first instant seen to where the forecast is cut. */
  readonly axis: readonly [from: number, to: number];
  /** Least share on the axis. */
  readonly low: number;
}

/** The forecast takes no more room than this part of the past does. */
const AHEAD = 0.5;
/** A budget with more left than this is shown from where it has been, or its course would be a flat line. */
const PLENTY = 0.5;

/** A shorter axis needs no dates. */
const DAY_MS = 86_400_000;

/** undefined: there is no course to draw. */
export function budgetLines({ timeline, exhaustedAt, left }: ErrorBudgetState): BudgetLines | undefined {
  const course = Array.from(timeline.at, (at, i): Point => [at, timeline.left[i]!]);
  const [first, last] = [course[0], course.at(-1)];
  if (!first || !last || first[0] === last[0]) return undefined;
  const [from, now] = [first[0], last[0]];
  const horizon = now + (now - from) * AHEAD;
  const forecast = left > 0 && exhaustedAt !== undefined ? towards(last, exhaustedAt, horizon) : [];
  const least = Math.min(...course.map(([, value]) => value), ...forecast.map(([, value]) => value));
  return {
    course,
    forecast,
    axis: [from, forecast.at(-1)?.[0] ?? now],
    low: least > PLENTY ? Math.max(0, 1 - (1 - least) * 1.5) : Math.min(0, least),
  };
}

/** A straight line down to nothing left, as far as there is room for it. */
function towards([now, left]: Point, end: number, horizon: number): readonly Point[] {
  if (end <= now) return [];
  const to = Math.min(end, horizon);
  return [
    [now, left],
    [to, left * (1 - (to - now) / (end - now))],
  ];
}

/** What is left of an error budget, in time, as echarts wants it. */
export function budgetOption(
  lines: BudgetLines,
  exhaustedAt: number | undefined,
  palette: Palette,
): EChartsCoreOption {
  const { course, forecast, axis, low } = lines;
  const line = { type: 'line', showSymbol: false, symbolSize: 4 };
  return {
    animation: false,
    grid: { left: 62, right: 24, top: 18, bottom: 22 },
    tooltip: {
      ...tooltipStyle(palette),
      formatter: (points: readonly { readonly seriesName: string; readonly value: Point }[]) =>
        points
          .map(
            ({ seriesName, value: [at, left] }) => `${dateText(at)}<br/>${seriesName} <b>${share(left)}</b>`,
          )
          .join('<br/>'),
    },
    xAxis: {
      type: 'time',
      min: axis[0],
      max: axis[1],
      axisLabel: {
        color: palette.muted,
        fontSize: 10,
        hideOverlap: true,
        formatter: axis[1] - axis[0] < DAY_MS ? clockText : shortDateText,
      },
      axisLine: { lineStyle: { color: palette.line }, onZero: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: low,
      max: 1,
      splitNumber: 3,
      axisLabel: {
        color: palette.muted,
        fontSize: 10,
        hideOverlap: true,
        showMinLabel: low === 0,
        formatter: share,
      },
      splitLine: { lineStyle: { color: palette.line } },
    },
    series: [
      {
        ...line,
        name: 'left',
        data: course,
        lineStyle: { width: 1.5, color: palette.accent },
        itemStyle: { color: palette.accent },
        areaStyle: { opacity: 0.08, color: palette.accent, origin: 'start' },
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          data: marks(lines, exhaustedAt, palette),
        },
      },
      {
        ...line,
        name: 'left, if the last hour goes on',
        data: forecast,
        lineStyle: { width: 1.5, type: 'dashed', color: palette.health.critical },
        itemStyle: { color: palette.health.critical },
      },
    ],
  };
}

const share = (left: number): string => formatValue(left, 'ratio');

/** Where nothing is left, now, and when it ran or runs out: each where it is on the axes. */
function marks({ course, axis, low }: BudgetLines, exhaustedAt: number | undefined, palette: Palette) {
  const now = course.at(-1)![0];
  const upright = (at: number, text: string, color: string) => ({
    xAxis: at,
    lineStyle: { color, type: 'dashed', width: 1 },
    label: { formatter: text, color, position: 'end', rotate: 0, distance: 2, fontSize: 10 },
  });
  const zero = {
    yAxis: 0,
    lineStyle: { color: palette.health.critical, type: 'solid', width: 1.25 },
    label: {
      formatter: 'nothing left',
      color: palette.health.critical,
      position: 'insideStartTop',
      fontSize: 10,
    },
  };
  const isOnAxis = exhaustedAt !== undefined && exhaustedAt >= axis[0] && exhaustedAt <= axis[1];
  return [
    ...(low <= 0 ? [zero] : []),
    ...(axis[1] > now ? [upright(now, 'end of the window', palette.muted)] : []),
    ...(isOnAxis ? [upright(exhaustedAt, 'runs out', palette.health.critical)] : []),
  ];
}
