import type { Failure } from '@gumshoe/base/failure';
import { Button, Callout } from '@blueprintjs/core';
import { Error as FailedIcon, Refresh, Search } from '@blueprintjs/icons';
import type { ReactElement, ReactNode } from 'react';
import type { LiveQuery } from '../client/session.tsx';

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="skeleton" role="status" aria-label={`Loading ${what}`} data-testid="state-loading">
      <span style={{ width: '42%' }} />
      <span style={{ width: '78%' }} />
      <span style={{ width: '64%' }} />
    </div>
  );
}

export interface EmptyProps {
  readonly title: string;
  /** What to do about it. */
  readonly children?: ReactNode;
  readonly action?: ReactElement;
}

export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div className="centre" data-testid="state-empty">
      <div className="empty">
        <Search size={36} color="var(--g-muted)" />
        <h2>{title}</h2>
        <div>{children}</div>
        {action}
      </div>
    </div>
  );
}

/** What was tried, on what, why it failed, what to do. */
export function FailureText({ failure }: { readonly failure: Failure }) {
  return (
    <div>
      <div>
        Could not {failure.tried} <code>{failure.target}</code>
      </div>
      <div style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{failure.reason}</div>
      {failure.remedy ? <div className="muted">{failure.remedy}</div> : null}
    </div>
  );
}

export interface FailedProps {
  readonly failure: Failure;
  readonly retry?: () => void;
}

export function Failed({ failure, retry }: FailedProps) {
  return (
    <div className="centre" data-testid="state-failed" role="alert">
      <div style={{ maxWidth: 620, padding: 16 }}>
        <Callout intent="danger" icon={<FailedIcon />} title="No answer">
          <FailureText failure={failure} />
          {retry ? (
            <div style={{ marginTop: 10 }}>
              <Button icon={<Refresh />} text="Try again" onClick={retry} />
            </div>
          ) : null}
        </Callout>
      </div>
    </div>
  );
}

export interface LoadedProps<T> {
  readonly query: LiveQuery<T>;
  readonly what: string;
  readonly empty?: (value: T) => ReactElement | undefined;
  readonly children: (value: T) => ReactNode;
}

/** The four states of a question: loading, failed, empty, answered (perhaps with a failed refresh above). */
export function Loaded<T>({ query, what, empty, children }: LoadedProps<T>) {
  const { value, failure, loading, retry } = query;
  if (value === undefined) {
    if (failure) return <Failed failure={failure} retry={retry} />;
    return loading ? <Loading what={what} /> : <Empty title={`No ${what}`} />;
  }
  return (
    <>
      {failure ? (
        <Callout intent="warning" compact style={{ marginBottom: 10 }} role="alert">
          <div className="row">
            <div className="grow">
              This is an earlier answer. <FailureText failure={failure} />
            </div>
            <Button size="small" text="Try again" onClick={retry} />
          </div>
        </Callout>
      ) : null}
      {empty?.(value) ?? children(value)}
    </>
  );
}
