import { formatValue } from '@gumshoe/base/units';
import { useMemo, useState } from 'react';
import { TimeSeriesChart } from '../../charts/time-series-chart.tsx';
import type { Table } from '../../../contract/engine.ts';
import { Empty } from '../../widgets/states.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { ShapeChoice, type Shape } from './shape-choice.tsx';
import { chartOfTable } from './table-chart.ts';

const ROW_HEIGHT = 26;
const MIN_COLUMN = 130;

export function TableResult({ table, took }: { readonly table: Table; readonly took: number }) {
  const [shape, setShape] = useState<Shape>('table');
  const chart = useMemo(() => chartOfTable(table), [table]);
  const { columns, rows, truncated } = table;
  if (columns.length === 0) return <Empty title="No columns" />;
  return (
    <div className="pane" style={{ height: '100%' }} data-testid="table-result">
      <div className="filters small muted">
        {chart ? <ShapeChoice {...{ shape }} onChange={setShape} /> : null}
        {rows.length} {rows.length === 1 ? 'row' : 'rows'}, {formatValue(took, 'milliseconds')}
        {truncated ? '; there are more, narrow the query or add LIMIT' : ''}
        {chart && shape === 'chart' ? '; times of the server taken as UTC' : ''}
      </div>
      {chart && shape === 'chart' ? <TimeSeriesChart chart={chart} height={320} /> : <Rows table={table} />}
    </div>
  );
}

function Rows({ table: { columns, rows } }: { readonly table: Table }) {
  const [selected, setSelected] = useState(-1);
  const template = columns.map(() => `minmax(${MIN_COLUMN}px, 1fr)`).join(' ');
  const width = columns.length * (MIN_COLUMN + 14) + 24;
  return (
    <div className="grow" style={{ minHeight: 0, overflow: 'auto hidden' }}>
      <div style={{ minWidth: width, height: '100%' }}>
        <VirtualList
          items={rows}
          rowHeight={ROW_HEIGHT}
          label="Rows"
          keyOf={(_row, index) => String(index)}
          selected={selected}
          onSelect={setSelected}
          header={
            <div className="table-head" style={{ gridTemplateColumns: template }}>
              {columns.map((column) => (
                <span key={column.name} className="ellipsis" title={column.type}>
                  {column.name} <span className="muted">{column.type}</span>
                </span>
              ))}
            </div>
          }
          render={(row, _index, isSelected) => (
            <div
              className="table-row"
              style={{ gridTemplateColumns: template, height: ROW_HEIGHT }}
              data-selected={isSelected}
            >
              {columns.map((column, at) => (
                <span key={column.name} className="result-cell" title={cellText(row[at])}>
                  {cellText(row[at])}
                </span>
              ))}
            </div>
          )}
        />
      </div>
    </div>
  );
}

const cellText = (value: string | number | boolean | undefined): string =>
  value === undefined ? 'NULL' : String(value);
