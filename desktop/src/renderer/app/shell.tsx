import { Button, Callout, Dialog } from '@blueprintjs/core';
import { Cross } from '@blueprintjs/icons';
import { isRecorded } from '../../contract/connection-spec.ts';
import { DEFAULT_PREFERENCES } from '../../contract/ipc.ts';
import { useEffect, useMemo } from 'react';
import type { EngineState } from '../../contract/bridge.ts';
import { SessionContext, type Session } from '../client/session.tsx';
import { follow, startFollowing } from '../state/follow.ts';
import { linkStore, navigate, resolveRange, useLink } from '../state/link.ts';
import { changePreferences, currentPreferences, usePreferences } from '../state/preferences.ts';
import { connectionsOpen, dismiss, notices, shortcutsOpen } from '../state/shared-ui.ts';
import { useStore } from '../state/store.ts';
import { Empty } from '../widgets/states.tsx';
import { CommandPalette, commandIcon, type PaletteItem } from './command-palette.tsx';
import { attempt, openConnection, openSource, queries, type OpenSource } from './connection-state.ts';
import { ConnectionsPage } from './connections/connections-page.tsx';
import { OpenFailure } from './connections/open-failure.tsx';
import { Rail } from './rail.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { exportAsked, openSnapshotFile } from './snapshots.ts';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { StatusBar } from './status-bar.tsx';
import { BusyLine, TopBar } from './top-bar.tsx';
import { VIEWS } from './views.ts';
import { ViewBoundary } from './view-boundary.tsx';
import { useWorkbench, type Workbench } from './workbench.tsx';

/** The window: the list of connections until one is open, then the views on it. */
export function Shell({ engineState }: { readonly engineState: EngineState }) {
  const open = useStore(openSource);
  return (
    <>
      {open ? <OpenShell open={open} engineState={engineState} /> : <Closed engineState={engineState} />}
      <Notices />
      <ShortcutsDialog />
    </>
  );
}

function Closed({ engineState }: { readonly engineState: EngineState }) {
  return (
    <main style={{ height: '100%', overflow: 'auto' }}>
      <EngineBanner state={engineState} />
      <ConnectionsPage onOpened={() => connectionsOpen.set(false)} />
    </main>
  );
}

function OpenShell({ open, engineState }: { readonly open: OpenSource; readonly engineState: EngineState }) {
  const link = useLink();
  const { now } = useStore(follow);
  const { connection, engine } = open;
  // Every clock on screen follows the preferred time zone.
  usePreferences();
  const session = useMemo<Session>(
    () => ({ connection, engine, queries, range: resolveRange(link.range, now) }),
    [connection, engine, link.range, now],
  );
  useFollowing(isRecorded(connection.spec));
  return (
    <SessionContext value={session}>
      <div className="app">
        <Rail />
        <TopBar />
        <main className="main">
          <BusyLine />
          <EngineBanner state={engineState} />
          <ReopenFailure />
          <ViewBoundary viewId={`${link.view} ${link.subject ?? ''}`}>
            <CurrentView view={link.view} />
          </ViewBoundary>
        </main>
        <StatusBar />
      </div>
      <CommandPalette commands={useCommands()} />
      <ConnectionsDialog />
      <ExportDialog />
    </SessionContext>
  );
}

function useFollowing(recorded: boolean): void {
  useEffect(() => {
    if (recorded) return;
    return startFollowing({
      refreshSeconds: () => currentPreferences().refreshSeconds,
      live: () => linkStore.get().range.kind === 'last',
      busy: () => queries.inFlight > 0,
    });
  }, [recorded]);
}

function CurrentView({ view }: { readonly view: string }) {
  const known = VIEWS.find((entry) => entry.id === view);
  if (known)
    return (
      <>
        {known.titled ? null : <h1 className="sr-only">{known.title}</h1>}
        <known.component />
      </>
    );
  return (
    <Empty
      title={`There is no view named ${view}`}
      action={<Button text="Overview" onClick={() => navigate({ view: 'overview' })} />}
    />
  );
}

function EngineBanner({ state }: { readonly state: EngineState }) {
  const { bridge } = useWorkbench();
  if (state.state !== 'stopped') return null;
  return (
    <Callout intent="danger" title="The engine process stopped" data-testid="engine-stopped" role="alert">
      <pre className="small" style={{ whiteSpace: 'pre-wrap', maxHeight: 160, overflow: 'auto' }}>
        {state.reason}
      </pre>
      <Button text="Restart engine" onClick={() => void bridge.restartEngine()} />
    </Callout>
  );
}

/** The source on screen could not be replaced, or not be opened again. */
function ReopenFailure() {
  const { api } = useWorkbench();
  const current = useStore(attempt);
  const dialogOpen = useStore(connectionsOpen);
  if (current.state !== 'failed' || dialogOpen) return null;
  const { request, failure } = current;
  return (
    <OpenFailure
      name={request.name}
      failure={failure}
      onRetry={() => void openConnection(api, request)}
      onTrust={(trustedHostKey) => void openConnection(api, { ...request, trustedHostKey })}
    />
  );
}

function ConnectionsDialog() {
  const open = useStore(connectionsOpen);
  const close = (): void => connectionsOpen.set(false);
  return (
    <Dialog isOpen={open} onClose={close} title="Connections" style={{ width: 820 }}>
      <ConnectionsPage onOpened={close} untitled />
    </Dialog>
  );
}

function Notices() {
  const shown = useStore(notices);
  return (
    <div className="notices" aria-live="polite">
      {shown.map((notice) => (
        <div key={notice.id}>
          <Callout intent={notice.intent} compact>
            <div className="row" style={{ alignItems: 'start' }}>
              <span className="grow">{notice.text}</span>
              <Button
                size="small"
                variant="minimal"
                icon={<Cross />}
                title="Close"
                onClick={() => dismiss(notice.id)}
              />
            </div>
          </Callout>
        </div>
      ))}
    </div>
  );
}

function useCommands(): readonly PaletteItem[] {
  const workbench = useWorkbench();
  return useMemo(() => commandsOf(workbench), [workbench]);
}

function commandsOf(workbench: Workbench): PaletteItem[] {
  const { theme } = currentPreferences();
  const other = theme === 'light' ? 'dark' : 'light';
  const command = (title: string, run: () => void): PaletteItem => ({
    id: `command ${title}`,
    title,
    note: 'command',
    icon: commandIcon,
    run,
  });
  return [
    command('Connections', () => connectionsOpen.set(true)),
    command('Keyboard shortcuts', () => shortcutsOpen.set(true)),
    command('Open snapshot', () => void openSnapshotFile(workbench)),
    command('Export snapshot of this window', () => exportAsked.set(true)),
    command(`Use the ${other} theme`, () => void changePreferences(workbench.api, { theme: other })),
    command(
      "Use the system's theme",
      () => void changePreferences(workbench.api, { theme: DEFAULT_PREFERENCES.theme }),
    ),
    command('Show times in UTC', () => void changePreferences(workbench.api, { timeZone: 'utc' })),
    command('Show times in local time', () => void changePreferences(workbench.api, { timeZone: 'local' })),
  ];
}
