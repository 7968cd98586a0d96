import { useMemo } from 'react';
import { formatValue } from '@gumshoe/base/units';
import { gridTime, type Milliseconds } from '@gumshoe/base/time';
import type { Chart } from '../../contract/engine.ts';
import { navigate } from '../state/link.ts';
import { usePreferences } from '../state/preferences.ts';
import { usePalette } from '../theme/theme.ts';
import { clockText } from '../widgets/time-text.ts';
import { chartOption, hasPoints, MAX_LINES } from './chart-option.ts';
import { Plot } from './plot.tsx';

export interface TimeSeriesChartProps {
  readonly chart: Chart;
  readonly height?: number;
  /** Where the axis begins, when not at the start of the grid. */
  readonly from?: Milliseconds | undefined;
}

/** Time series with threshold and marks; the legend is below, with last values and a link to the query. */
export function TimeSeriesChart({ chart, height = 150, from = chart.grid.from }: TimeSeriesChartProps) {
  return (
    <div className="chart-box" data-testid="chart" data-title={chart.title}>
      <div className="chart-title">
        <b className="ellipsis">{chart.title}</b>
        <span className="muted">{windowText(chart, from)}</span>
      </div>
      {hasPoints(chart) ? (
        <Lines chart={chart} height={height} from={from} />
      ) : (
        <div className="centre muted" style={{ minHeight: height, height }}>
          no data in the window
        </div>
      )}
      <Legend chart={chart} />
    </div>
  );
}

function windowText({ grid }: Chart, from: Milliseconds): string {
  const step = formatValue(grid.step, 'milliseconds');
  return `${clockText(from)}–${clockText(gridTime(grid, grid.points - 1))}, every ${step}`;
}

interface LinesProps {
  readonly chart: Chart;
  readonly height: number;
  readonly from: Milliseconds;
}

function Lines({ chart, height, from }: LinesProps) {
  const palette = usePalette();
  const { timeZone } = usePreferences();
  // The clocks on the axis follow the preferred time zone.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const option = useMemo(() => chartOption(chart, palette, from), [chart, palette, from, timeZone]);
  return <Plot option={option} height={height} label={describe(chart, from)} linked />;
}

/** The chart in words, for those who do not see it. */
function describe(chart: Chart, from: Milliseconds): string {
  const limit = chart.threshold ? `; ${chart.threshold.label}` : '';
  return `${chart.title}, ${windowText(chart, from)}${limit}`;
}

function lastValue(values: Float64Array): number {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i]!)) return values[i]!;
  return NaN;
}

function Legend({ chart }: { readonly chart: Chart }) {
  const palette = usePalette();
  const shown = chart.series.slice(0, MAX_LINES);
  return (
    <div className="row wrap small" style={{ gap: '2px 12px', padding: '2px 0 4px' }}>
      {shown.map((line, index) => (
        <span key={`${line.name} ${index}`} className="row" style={{ gap: 5 }}>
          <span style={{ width: 10, height: 3, background: palette.series[index % palette.series.length] }} />
          {line.promql ? (
            <button
              type="button"
              className="link-button"
              style={{ color: 'var(--g-text)' }}
              title={line.promql}
              onClick={() => explore(line.promql!)}
            >
              {line.name}
            </button>
          ) : (
            line.name
          )}
          <span className="muted">{formatValue(lastValue(line.values), chart.unit)}</span>
        </span>
      ))}
      {chart.series.length > MAX_LINES ? (
        <span className="muted">and {chart.series.length - MAX_LINES} more, not drawn</span>
      ) : null}
    </div>
  );
}

const explore = (query: string): void =>
  navigate({ view: 'explore', params: { language: 'promql', query, run: '1' } });
