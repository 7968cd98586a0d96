import { Button, Callout } from '@blueprintjs/core';
import { Component, type ReactNode } from 'react';

interface Props {
  /** A change of it clears the error. */
  readonly viewId: string;
  readonly children: ReactNode;
}

interface State {
  readonly error?: Error;
  readonly viewId: string;
}

/** A view that throws costs itself, not the window. */
export class ViewBoundary extends Component<Props, State> {
  override state: State = { viewId: this.props.viewId };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps(props: Props, state: State): State | null {
    return props.viewId === state.viewId ? null : { viewId: props.viewId };
  }

  override render(): ReactNode {
    const { error, viewId } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="centre" role="alert">
        <Callout intent="danger" title="This view failed" style={{ maxWidth: 640 }}>
          <p>{error.message}</p>
          <pre className="small" style={{ overflow: 'auto', maxHeight: 200 }}>
            {error.stack}
          </pre>
          <Button text="Show it again" onClick={() => this.setState({ viewId, error: undefined as never })} />
        </Callout>
      </div>
    );
  }
}
