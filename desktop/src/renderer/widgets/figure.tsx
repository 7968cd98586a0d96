import { formatValue, type Unit } from '@gumshoe/base/units';
import type { ReactNode } from 'react';

/** A number with its unit; a dash where nothing is known. */
export function Value({ value, unit }: { readonly value: number; readonly unit: Unit }) {
  if (Number.isNaN(value))
    return (
      <span className="muted" title="no data in the window">
        –
      </span>
    );
  return <>{formatValue(value, unit)}</>;
}

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
