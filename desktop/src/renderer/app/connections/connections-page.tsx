import { Button, Callout, Spinner } from '@blueprintjs/core';
import { Add, Edit, FolderOpen, Trash } from '@blueprintjs/icons';
import { toFailure, type Failure } from '@gumshoe/base/failure';
import { useEffect, useState } from 'react';
import { connectionTarget } from '../../../contract/connection-spec.ts';
import type { SourceStatus } from '../../../contract/engine.ts';
import type { OpenRequest, SavedConnection, SavedConnectionId } from '../../../contract/ipc.ts';
import { notifyFailure } from '../../state/shared-ui.ts';
import { useStore } from '../../state/store.ts';
import { Panel } from '../../widgets/panel.tsx';
import { FailureText } from '../../widgets/states.tsx';
import { attempt, cancelOpening, openConnection } from '../connection-state.ts';
import { openSnapshotFile } from '../snapshots.ts';
import { useWorkbench } from '../workbench.tsx';
import { ConnectionForm } from './connection-form.tsx';
import { draftOf, emptyDraft, specOf, type ConnectionDraft, type ConnectionKind } from './draft.ts';
import { OpenFailure } from './open-failure.tsx';
import { SourceParts } from './source-parts.tsx';

export interface ConnectionsPageProps {
  /** A source is on screen. */
  readonly onOpened: () => void;
  /** The dialog around it says what it is. */
  readonly untitled?: true;
}

/** Saved connections, and the form to add one. */
export function ConnectionsPage({ onOpened, untitled }: ConnectionsPageProps) {
  const workbench = useWorkbench();
  const [saved, setSaved] = useState<readonly SavedConnection[]>([]);
  const [draft, setDraft] = useState<ConnectionDraft>();
  useEffect(() => {
    workbench.api.call('connections.list', []).then(setSaved, report);
  }, [workbench]);
  const open = async (request: OpenRequest): Promise<void> => {
    if (await openConnection(workbench.api, request)) onOpened();
  };
  return (
    <div className="welcome stack" data-testid="view-connections">
      <div className="row">
        {untitled ? <span className="grow" /> : <h1 className="grow">Connections</h1>}
        <Button
          icon={<FolderOpen />}
          text="Open snapshot…"
          onClick={() => void openSnapshotFile(workbench).then((opened) => opened && onOpened())}
        />
        <Button icon={<Add />} intent="primary" text="Add" onClick={() => setDraft(emptyDraft('direct'))} />
      </div>
      <OpeningState onOpen={open} />
      <Panel title="Saved" note={`${saved.length}`} flush>
        {saved.length === 0 ? (
          <div className="body stack" style={{ padding: 14 }}>
            <span className="muted">None yet. Where is the data?</span>
            {FIRST_STEPS.map(({ kind, title, text }) => (
              <button
                key={kind}
                type="button"
                className="evidence"
                style={{ gridTemplateColumns: '18px 1fr' }}
                data-testid={`first-${kind}`}
                onClick={() => setDraft(emptyDraft(kind))}
              >
                <Add size={14} />
                <span>
                  <b>{title}</b> <span className="muted">{text}</span>
                </span>
              </button>
            ))}
          </div>
        ) : null}
        {saved.map((connection) => (
          <SavedRow
            key={connection.id}
            connection={connection}
            onOpen={() => void open(connection)}
            onEdit={() => setDraft(draftOf(connection))}
            onRemove={() => workbench.api.call('connections.remove', [connection.id]).then(setSaved, report)}
          />
        ))}
      </Panel>
      {draft ? (
        <DraftPanel
          key={draft.id ?? 'new'}
          initial={draft}
          saved={saved}
          onClose={() => setDraft(undefined)}
          onSaved={(all) => {
            setSaved(all);
            setDraft(undefined);
          }}
        />
      ) : null}
    </div>
  );
}

const FIRST_STEPS: readonly {
  readonly kind: ConnectionKind;
  readonly title: string;
  readonly text: string;
}[] = [
  {
    kind: 'direct',
    title: 'By URL',
    text: 'a Prometheus-compatible store, and ClickHouse where there is one',
  },
  { kind: 'grpc', title: 'Gateway', text: 'of a collector, over gRPC with TLS and a token' },
  { kind: 'ssh', title: 'Through SSH', text: 'to a host where the stores listen on loopback only' },
  { kind: 'snapshot', title: 'Snapshot file', text: 'an incident that somebody exported; needs no network' },
];

const report = (thrown: unknown): void => notifyFailure(toFailure(thrown, 'reach the engine', 'connections'));

function OpeningState({ onOpen }: { readonly onOpen: (request: OpenRequest) => Promise<void> }) {
  const current = useStore(attempt);
  if (current.state === 'opening')
    return (
      <Callout icon={<Spinner size={18} />} data-testid="opening">
        <div className="row wrap">
          <span className="grow">
            Opening {current.request.name}…{' '}
            <code className="muted">{connectionTarget(current.request.spec)}</code>
          </span>
          <Button size="small" text="Cancel" onClick={cancelOpening} />
        </div>
      </Callout>
    );
  if (current.state !== 'failed') return null;
  const { request, failure } = current;
  return (
    <OpenFailure
      name={request.name}
      failure={failure}
      onRetry={() => void onOpen(request)}
      onTrust={(trustedHostKey) => void onOpen({ ...request, trustedHostKey })}
    />
  );
}

interface SavedRowProps {
  readonly connection: SavedConnection;
  readonly onOpen: () => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function SavedRow({ connection, onOpen, onEdit, onRemove }: SavedRowProps) {
  return (
    <div
      className="table-row"
      style={{ gridTemplateColumns: 'minmax(0, 1fr) 90px minmax(0, 1fr) auto', height: 38 }}
      data-testid="saved-connection"
      onDoubleClick={onOpen}
    >
      <b className="ellipsis">{connection.name}</b>
      <span className="tag">{connection.spec.kind}</span>
      <code className="ellipsis muted">{connectionTarget(connection.spec)}</code>
      <span className="row">
        <Button size="small" text="Open" onClick={onOpen} />
        <Button size="small" variant="minimal" icon={<Edit />} title="Edit" onClick={onEdit} />
        <Button size="small" variant="minimal" icon={<Trash />} title="Remove" onClick={onRemove} />
      </span>
    </div>
  );
}

type TestState =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly status: SourceStatus }
  | { readonly state: 'failed'; readonly failure: Failure };

interface DraftPanelProps {
  readonly initial: ConnectionDraft;
  readonly saved: readonly SavedConnection[];
  readonly onClose: () => void;
  readonly onSaved: (all: readonly SavedConnection[]) => void;
}

function DraftPanel({ initial, saved, onClose, onSaved }: DraftPanelProps) {
  const { api } = useWorkbench();
  const [draft, setDraft] = useState(initial);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [test, setTest] = useState<TestState>();
  const change = (next: ConnectionDraft): void => {
    setProblems([]);
    setTest(undefined);
    setDraft(next);
  };
  const withSpec = (use: (request: OpenRequest) => void): void => {
    const spec = specOf(draft);
    setProblems(spec.ok ? [] : spec.error);
    if (spec.ok) use({ name: draft.name.trim(), spec: spec.value });
  };
  const runTest = (request: OpenRequest): void => {
    setTest({ state: 'running' });
    api.call('connections.test', [request]).then(
      (status) => setTest({ state: 'done', status }),
      (thrown: unknown) =>
        setTest({ state: 'failed', failure: toFailure(thrown, 'test the connection', request.name) }),
    );
  };
  const save = ({ name, spec }: OpenRequest): void => {
    const id = (draft.id ?? crypto.randomUUID()) as SavedConnectionId;
    api.call('connections.save', [{ id, name, spec }]).then(onSaved, report);
  };
  return (
    <Panel title={initial.id ? 'Edit connection' : 'New connection'}>
      <ConnectionForm {...{ draft, problems, saved }} onChange={change} />
      <div className="row" style={{ margin: '12px 0' }}>
        <Button intent="primary" text="Save" onClick={() => withSpec(save)} />
        <Button text="Test" loading={test?.state === 'running'} onClick={() => withSpec(runTest)} />
        <Button variant="minimal" text="Cancel" onClick={onClose} />
      </div>
      {test?.state === 'done' ? <SourceParts status={test.status} /> : null}
      {test?.state === 'failed' ? (
        <Callout intent="danger" role="alert">
          <FailureText failure={test.failure} />
        </Callout>
      ) : null}
    </Panel>
  );
}
