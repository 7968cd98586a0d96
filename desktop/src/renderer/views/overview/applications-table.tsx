import type { Milliseconds } from '@gumshoe/base/time';
import { useState } from 'react';
import type { ApplicationRow } from '../../../contract/engine.ts';
import { openApplication } from '../../widgets/application-name.tsx';
import { BudgetBar } from '../../widgets/budget-bar.tsx';
import { Value, ValueCell } from '../../widgets/figure.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { HEALTH_ORDER } from '../../widgets/health-order.ts';
import { Sparkline } from '../../widgets/sparkline.tsx';
import { agoText } from '../../widgets/time-text.ts';
import { VirtualList } from '../../widgets/virtual-list.tsx';

const ROW_HEIGHT = 34;
const ROWS_IN_SIGHT = 14;
/** Longer without a word than this is worth saying. */
const IDLE_MS = 60_000;

/** Worst first, then by name. */
export const sortRows = (rows: readonly ApplicationRow[]): ApplicationRow[] =>
  [...rows].sort(
    (a, b) => HEALTH_ORDER[a.health] - HEALTH_ORDER[b.health] || a.name.localeCompare(b.name, 'en'),
  );

/** Less than this share of the window without data is left on screen. */
const SHORT_GAP = 0.25;

/** Where the trends begin, 0..1: where a source is younger than the window, shortly before its first value. */
export function trendStart(rows: readonly ApplicationRow[]): number {
  const starts = rows.map(({ sparkline }) => {
    const first = sparkline.findIndex((value) => Number.isFinite(value));
    return first < 0 ? 1 : Math.max(0, first - 1) / sparkline.length;
  });
  const least = Math.min(1, ...starts);
  return least < 1 && least > SHORT_GAP ? least : 0;
}

export interface ApplicationsTableProps {
  readonly rows: readonly ApplicationRow[];
  readonly now: Milliseconds;
  /** See `trendStart`. */
  readonly trendFrom: number;
}

export function ApplicationsTable(props: ApplicationsTableProps) {
  const [selected, setSelected] = useState(-1);
  const rows = sortRows(props.rows);
  return (
    <VirtualList
      items={rows}
      rowHeight={ROW_HEIGHT}
      label="Applications"
      keyOf={(row) => row.id}
      selected={selected}
      onSelect={setSelected}
      onOpen={(index) => openApplication(rows[index]!.id)}
      maxHeight={ROW_HEIGHT * ROWS_IN_SIGHT + 30}
      header={<Head />}
      render={(row, index, isSelected) => (
        <Row {...{ row }} now={props.now} trendFrom={props.trendFrom} selected={isSelected} key={index} />
      )}
    />
  );
}

function Head() {
  return (
    <div className="table-head applications-row" aria-hidden>
      <span>Health</span>
      <span>Application</span>
      <span data-column="type">Type</span>
      <span className="number">Instances</span>
      <span className="number">Requests</span>
      <span className="number">Errors</span>
      <span className="number">p99</span>
      <span className="ellipsis" title="Of the objective that has least left">
        Error budget of window
      </span>
      <span>Request rate</span>
    </div>
  );
}

interface RowProps extends Omit<ApplicationsTableProps, 'rows'> {
  readonly row: ApplicationRow;
  readonly selected: boolean;
}

function Row({ row, now, trendFrom, selected }: RowProps) {
  const { up, known } = row.instances;
  return (
    <div
      className="table-row applications-row"
      style={{ height: ROW_HEIGHT }}
      data-selected={selected}
      data-testid={`app-row-${row.name}`}
      data-health={row.health}
      onClick={() => openApplication(row.id)}
    >
      <HealthBadge health={row.health} />
      <span className="ellipsis" title={row.id}>
        <b>{row.name}</b>{' '}
        {now - row.lastSeen > IDLE_MS ? (
          <span className="muted small">
            {up < known ? 'last seen' : 'idle, seen'} {agoText(row.lastSeen, now)}
          </span>
        ) : null}
      </span>
      <span className="muted ellipsis" title={row.kind} data-column="type">
        {row.type ?? row.kind}
      </span>
      <span className="number" style={up < known ? { color: 'var(--g-critical)' } : undefined}>
        {up}/{known} up
      </span>
      <ValueCell value={row.requestRate} unit="requests/second" />
      <span className="number" style={row.errorRatio > 0.01 ? { color: 'var(--g-critical)' } : undefined}>
        <Value value={row.errorRatio} unit="ratio" />
      </span>
      <ValueCell value={row.p99} unit="seconds" />
      <BudgetBar slos={row.slos} />
      <Sparkline
        values={row.sparkline.subarray(Math.floor(trendFrom * row.sparkline.length))}
        label={`request rate of ${row.name}`}
      />
    </div>
  );
}
