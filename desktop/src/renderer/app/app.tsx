import { BlueprintProvider } from '@blueprintjs/core';
import { useEffect, useMemo, useState } from 'react';
import type { EngineState, MenuCommand, WorkbenchBridge } from '../../contract/bridge.ts';
import { WorkbenchClient } from '../client/workbench-client.ts';
import { refreshNow } from '../state/follow.ts';
import { navigate, startLinkState } from '../state/link.ts';
import { loadPreferences } from '../state/preferences.ts';
import { connectionsOpen, notify, paletteOpen, shortcutsOpen } from '../state/shared-ui.ts';
import { useThemeName } from '../theme/theme.ts';
import { openConnection, openSource, reopenConnection } from './connection-state.ts';
import { useGlobalKeys } from './keyboard.ts';
import { Shell } from './shell.tsx';
import { exportAsked, openSnapshotFile } from './snapshots.ts';
import { WorkbenchContext, type Workbench } from './workbench.tsx';

export function App({ bridge }: { readonly bridge: WorkbenchBridge }) {
  const workbench = useMemo<Workbench>(() => ({ bridge, api: new WorkbenchClient(bridge) }), [bridge]);
  const engineState = useEngineState(workbench);
  useGlobalKeys();
  useEffect(() => startLinkState(), []);
  useEffect(() => {
    void start(workbench);
    return bridge.onCommand((command) => run(workbench, command));
  }, [workbench, bridge]);
  const theme = useThemeName();
  useEffect(() => {
    document.body.className = `theme-${theme} ${theme === 'dark' ? 'bp6-dark' : ''}`;
  }, [theme]);
  return (
    <WorkbenchContext value={workbench}>
      <BlueprintProvider>
        <Shell engineState={engineState} />
      </BlueprintProvider>
    </WorkbenchContext>
  );
}

function useEngineState({ bridge, api }: Workbench): EngineState {
  const [state, setState] = useState<EngineState>({ state: 'starting' });
  useEffect(() => {
    let stopped = false;
    return bridge.onEngineState((next) => {
      setState(next);
      if (next.state === 'stopped') stopped = true;
      if (next.state === 'running' && stopped) {
        stopped = false;
        reopenConnection(api);
      }
    });
  }, [bridge, api]);
  return state;
}

let started = false;

/** Once per page, also where React mounts twice. */
async function start({ bridge, api }: Workbench): Promise<void> {
  if (started) return;
  started = true;
  const launch = await bridge.launch();
  for (const problem of launch.problems) notify(problem, 'danger');
  void loadPreferences(api).catch(() => {});
  if (launch.view) {
    const [view, ...subject] = launch.view.split(':');
    navigate({ view: view!, subject: subject.length > 0 ? subject.join(':') : undefined });
  }
  if (launch.connection) await openConnection(api, launch.connection);
}

function run(workbench: Workbench, command: MenuCommand): void {
  switch (command) {
    case 'open-snapshot':
      return void openSnapshotFile(workbench);
    case 'export-snapshot':
      return exportAsked.set(openSource.get() !== undefined);
    case 'connections':
      return connectionsOpen.set(true);
    case 'shortcuts':
      return shortcutsOpen.set(true);
    case 'palette':
      return paletteOpen.set(true);
    case 'refresh':
      return refreshNow();
  }
}
