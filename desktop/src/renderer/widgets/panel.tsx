import type { ReactNode } from 'react';

export interface PanelProps {
  readonly title: ReactNode;
  /** Said beside the title: window, unit, count. */
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly testId?: string;
  /** No padding: the content brings its own. */
  readonly flush?: boolean;
}

export function Panel({ title, note, actions, children, testId, flush }: PanelProps) {
  return (
    <section className="panel" data-testid={testId}>
      <header>
        <h2>{title}</h2>
        <span className="muted small grow ellipsis">{note}</span>
        {actions}
      </header>
      <div className={flush ? undefined : 'body'}>{children}</div>
    </section>
  );
}
