import { formatValue, type Unit } from '@gumshoe/base/units';
import type { ReactNode } from 'react';

export interface ValueProps {
  readonly value: number;
  readonly unit: Unit;
}

/** A number with its unit; a dash where nothing is known. */
export function Value({ value, unit }: ValueProps) {
  if (Number.isNaN(value))
    return (
      <span className="muted" title="no data in the window">
        –
      </span>
    );
  return <>{formatValue(value, unit)}</>;
}

/** The same in a column of a table. */
export const ValueCell = (props: ValueProps) => (
  <span className="number">
    <Value {...props} />
  </span>
);

export interface FigureProps {
  readonly label: string;
  /** Over which time the number holds. */
  readonly window?: string;
  readonly children: ReactNode;
}

/** One number of a header, with what it is and over which window. */
export function Figure({ label, window, children }: FigureProps) {
  return (
    <div className="figure">
      <span className="value">{children}</span>
      <span className="label">
        {label}
        {window ? `, ${window}` : ''}
      </span>
    </div>
  );
}
