import { gridTime, milliseconds, type Milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { Chart } from '../../contract/engine.ts';
import type { Palette } from '../theme/palette.ts';
import { clockText, dateText } from '../widgets/time-text.ts';
import type { EChartsCoreOption } from './echarts.ts';
import { tooltipStyle } from './tooltip-style.ts';

/** More lines than this cannot be told apart; the rest is named, not drawn. */
export const MAX_LINES = 24;

type Point = [at: number, value: number | '-'];

/** Points of a line; NaN becomes a gap. */
function pointsOf(chart: Chart, values: Float64Array): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    points.push([gridTime(chart.grid, i), Number.isFinite(value) ? value : '-']);
  }
  return points;
}

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);

interface TooltipPoint {
  readonly seriesName: string;
  readonly color: string;
  readonly value: Point;
}

function tooltipText(chart: Chart, points: readonly TooltipPoint[]): string {
  const [first] = points;
  if (!first) return '';
  const lines = points
    .filter((point) => typeof point.value[1] === 'number')
    .sort((a, b) => Number(b.value[1]) - Number(a.value[1]))
    .slice(0, 12)
    .map(
      ({ seriesName, color, value }) =>
        `<span style="color:${escape(color)}">●</span> ${escape(seriesName)} <b>${formatValue(Number(value[1]), chart.unit)}</b>`,
    );
  return [dateText(first.value[0]), ...(lines.length > 0 ? lines : ['no data'])].join('<br/>');
}

/** All of it, in units that share something out. */
const WHOLE: Partial<Record<Chart['unit'], number>> = { ratio: 1, percent: 100 };

/** The threshold must be in sight, and a share never needs more than all of it. */
function topOf(chart: Chart): number | undefined {
  const threshold = chart.threshold?.value ?? NaN;
  let top = Number.isFinite(threshold) ? threshold : 0;
  for (const line of chart.series) for (const value of line.values) if (value > top) top = value;
  const whole = WHOLE[chart.unit];
  if (whole !== undefined && top <= whole && top > whole * 0.6) return whole;
  return Number.isFinite(threshold) ? top * 1.08 : undefined;
}

function marksOf(chart: Chart, palette: Palette) {
  const times = chart.marks.map((mark) => ({
    xAxis: mark.at,
    lineStyle: { color: palette.accent, type: 'dashed', width: 1 },
    label: { formatter: mark.label, color: palette.accent, position: 'insideEndTop', fontSize: 10 },
  }));
  const { threshold } = chart;
  const limits = threshold
    ? [
        {
          yAxis: threshold.value,
          lineStyle: { color: palette.health.critical, type: 'solid', width: 1.25 },
          label: {
            formatter: threshold.label,
            color: palette.health.critical,
            position: 'insideStartTop',
            fontSize: 10,
          },
        },
      ]
    : [];
  return [...limits, ...times];
}

/** A chart of the engine as echarts wants it. */
export function chartOption(chart: Chart, palette: Palette, from = chart.grid.from): EChartsCoreOption {
  const lines = chart.series.slice(0, MAX_LINES);
  const markData = marksOf(chart, palette);
  const last = gridTime(chart.grid, chart.grid.points - 1);
  const top = topOf(chart);
  return {
    animation: false,
    color: [...palette.series],
    grid: { left: 58, right: 12, top: 14, bottom: 22 },
    tooltip: {
      ...tooltipStyle(palette),
      axisPointer: { type: 'line', lineStyle: { color: palette.muted } },
      formatter: (points: readonly TooltipPoint[]) => tooltipText(chart, points),
    },
    xAxis: {
      type: 'time',
      min: from,
      max: last,
      axisLabel: { color: palette.muted, fontSize: 10, hideOverlap: true, formatter: clockText },
      axisLine: { lineStyle: { color: palette.line } },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: (extent: { readonly min: number }) => Math.min(0, extent.min),
      ...(top === undefined ? {} : { max: top }),
      splitNumber: 3,
      ...(top !== undefined && top === WHOLE[chart.unit] ? { interval: top / 4 } : {}),
      axisLabel: {
        color: palette.muted,
        fontSize: 10,
        showMaxLabel: top === undefined || top === WHOLE[chart.unit],
        formatter: (value: number) => formatValue(value, chart.unit),
      },
      splitLine: { lineStyle: { color: palette.line } },
    },
    series: lines.map((line, index) => ({
      type: 'line',
      name: line.name,
      data: pointsOf(chart, line.values),
      showSymbol: false,
      symbolSize: 4,
      connectNulls: false,
      lineStyle: { width: 1.5 },
      ...(lines.length === 1 ? { areaStyle: { opacity: 0.08 } } : {}),
      ...(index === 0 && markData.length > 0
        ? { markLine: { silent: true, symbol: 'none', animation: false, data: markData } }
        : {}),
    })),
  };
}

/** Less than this share of the window without data is left on screen. */
const SHORT_GAP = 0.25;

/**
 * Where charts that belong together begin: at the window's start, or shortly before the first value of any of
 * them when the source is younger than that.
 */
export function firstInstant(charts: readonly Chart[]): Milliseconds | undefined {
  const [first] = charts;
  if (!first) return undefined;
  let least = Infinity;
  for (const { grid, series } of charts)
    for (const { values } of series) {
      const index = values.findIndex((value) => Number.isFinite(value));
      if (index >= 0) least = Math.min(least, gridTime(grid, Math.max(0, index - 2)));
    }
  const { from, step, points } = first.grid;
  const gap = (least - from) / (step * points);
  return Number.isFinite(least) && gap > SHORT_GAP ? milliseconds(least) : from;
}

/** Whether anything can be drawn. */
export const hasPoints = (chart: Chart): boolean =>
  chart.series.some((line) => line.values.some((value) => Number.isFinite(value)));
