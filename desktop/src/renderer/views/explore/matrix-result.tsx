import { Callout } from '@blueprintjs/core';
import type { Labels } from '@gumshoe/base/series';
import { formatValue } from '@gumshoe/base/units';
import { useMemo, useState } from 'react';
import { TimeSeriesChart } from '../../charts/time-series-chart.tsx';
import type { AnnotatedMatrix, Chart } from '../../../contract/engine.ts';
import { Empty } from '../../widgets/states.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { ShapeChoice, type Shape } from './shape-choice.tsx';
import { unitOfQuery } from './unit.ts';

export interface MatrixResultProps {
  readonly matrix: AnnotatedMatrix;
  readonly query: string;
  /** ms */
  readonly took: number;
}

/** `name{label="value"}`, as PromQL writes it. */
export function seriesName(labels: Labels): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`;
}

/** Name, last, least and most of one series. */
function digest(values: Float64Array) {
  let [least, most, last] = [NaN, NaN, NaN];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    least = Number.isNaN(least) ? value : Math.min(least, value);
    most = Number.isNaN(most) ? value : Math.max(most, value);
    last = value;
  }
  return { least, most, last };
}

export function MatrixResult({ matrix, query, took }: MatrixResultProps) {
  const [shape, setShape] = useState<Shape>('chart');
  const chart = useMemo<Chart>(
    () => ({
      title: query.replace(/\s+/g, ' '),
      unit: unitOfQuery(query),
      grid: matrix.grid,
      marks: [],
      series: matrix.series.map(({ labels, values }) => ({ name: seriesName(labels), values })),
    }),
    [matrix, query],
  );
  if (matrix.series.length === 0)
    return (
      <Empty title="No series">
        The query is right, but nothing matches in this window. Check names and labels, or choose a wider
        window.
      </Empty>
    );
  return (
    <div className="stack" style={{ padding: 12, height: '100%', boxSizing: 'border-box' }}>
      <div className="row">
        <ShapeChoice {...{ shape }} onChange={setShape} />
        <span className="muted">
          {matrix.series.length} series, {matrix.grid.points} points each, {formatValue(took, 'milliseconds')}
          {matrix.series.some(({ histograms }) => histograms !== undefined) &&
            '; native histograms have no line: take histogram_quantile(0.99, …) or histogram_count(…) of them'}
        </span>
      </div>
      <Annotations matrix={matrix} />
      {shape === 'chart' ? <TimeSeriesChart chart={chart} height={320} /> : <MatrixTable chart={chart} />}
    </div>
  );
}

/** What the evaluator had to say of an answer that it gave. */
function Annotations({ matrix: { warnings = [], infos = [] } }: { readonly matrix: AnnotatedMatrix }) {
  const said = [...warnings, ...infos];
  if (said.length === 0) return null;
  return (
    <Callout compact intent={warnings.length > 0 ? 'warning' : 'none'} data-testid="annotations">
      {said.map((one) => (
        <div key={one}>{one}</div>
      ))}
    </Callout>
  );
}

const COLUMNS = 'minmax(0, 1fr) 110px 110px 110px';
const ROW_HEIGHT = 28;

function MatrixTable({ chart }: { readonly chart: Chart }) {
  const [selected, setSelected] = useState(-1);
  return (
    <div className="grow" style={{ minHeight: 0 }} data-testid="matrix-table">
      <VirtualList
        items={chart.series}
        rowHeight={ROW_HEIGHT}
        label="Series"
        keyOf={(_line, index) => String(index)}
        selected={selected}
        onSelect={setSelected}
        header={
          <div className="table-head" style={{ gridTemplateColumns: COLUMNS }}>
            <span>Series</span>
            <span className="number">Last</span>
            <span className="number">Least</span>
            <span className="number">Most</span>
          </div>
        }
        render={(line, _index, isSelected) => {
          const { last, least, most } = digest(line.values);
          return (
            <div
              className="table-row"
              style={{ gridTemplateColumns: COLUMNS, height: ROW_HEIGHT }}
              data-selected={isSelected}
            >
              <code className="ellipsis" title={line.name}>
                {line.name}
              </code>
              {[last, least, most].map((value, index) => (
                <span key={index} className="number">
                  {formatValue(value, chart.unit)}
                </span>
              ))}
            </div>
          );
        }}
      />
    </div>
  );
}
