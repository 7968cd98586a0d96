import { Button, HTMLSelect, ProgressBar } from '@blueprintjs/core';
import { Database, Export, Flash, Moon, Refresh, Search } from '@blueprintjs/icons';
import { useSyncExternalStore } from 'react';
import { isRecorded } from '../../contract/connection-spec.ts';
import type { Preferences } from '../../contract/ipc.ts';
import { useSession } from '../client/session.tsx';
import { refreshNow } from '../state/follow.ts';
import { changePreferences, usePreferences } from '../state/preferences.ts';
import { connectionsOpen, paletteOpen } from '../state/shared-ui.ts';
import { useStore } from '../state/store.ts';
import { useThemeName } from '../theme/theme.ts';
import { exportAsked, exporting } from './snapshots.ts';
import { TimeRangePicker } from './time-range-picker.tsx';
import { useWorkbench } from './workbench.tsx';

const REFRESH_SECONDS = [0, 5, 10, 30, 60] as const;

export function TopBar() {
  const { connection, range } = useSession();
  const recorded = isRecorded(connection.spec);
  return (
    <header className="topbar">
      <Button
        variant="minimal"
        icon={<Database />}
        className="connection-name"
        text={<span data-testid="connection-name">{connection.name}</span>}
        title={`${connection.name} (${connection.spec.kind}: ${connection.status.name})`}
        onClick={() => connectionsOpen.set(true)}
      />
      {recorded ? <span className="tag">snapshot, offline</span> : null}
      <span className="grow" />
      <TimeRangePicker range={range} recorded={recorded} />
      {recorded ? null : <RefreshPart />}
      <ExportPart />
      <Button
        variant="minimal"
        icon={<Export />}
        title="Export the window as a snapshot file"
        data-testid="export-snapshot"
        onClick={() => exportAsked.set(true)}
      />
      <ThemeButton />
      <Button
        variant="minimal"
        icon={<Search />}
        title="Go to (Ctrl+K)"
        text={<kbd className="key">Ctrl K</kbd>}
        onClick={() => paletteOpen.set(true)}
      />
    </header>
  );
}

function RefreshPart() {
  const { api } = useWorkbench();
  const { refreshSeconds } = usePreferences();
  const set = (seconds: number): void => void changePreferences(api, { refreshSeconds: seconds });
  return (
    <>
      <Button variant="minimal" icon={<Refresh />} title="Refresh (R)" onClick={refreshNow} />
      <HTMLSelect
        minimal
        aria-label="Refresh every"
        value={refreshSeconds}
        onChange={(event) => set(Number(event.currentTarget.value))}
      >
        {REFRESH_SECONDS.map((seconds) => (
          <option key={seconds} value={seconds}>
            {seconds === 0 ? 'off' : `${seconds} s`}
          </option>
        ))}
      </HTMLSelect>
    </>
  );
}

function ExportPart() {
  const running = useStore(exporting);
  if (!running) return null;
  return (
    <span className="row" data-testid="export-progress" style={{ width: 220 }}>
      <ProgressBar {...(running.fraction === undefined ? {} : { value: running.fraction })} />
      <span className="small muted ellipsis">{running.stage}</span>
      <Button size="small" variant="minimal" text="Cancel" onClick={running.cancel} />
    </span>
  );
}

export function ThemeButton() {
  const { api } = useWorkbench();
  const name = useThemeName();
  const other: Preferences['theme'] = name === 'dark' ? 'light' : 'dark';
  return (
    <Button
      variant="minimal"
      icon={name === 'dark' ? <Flash /> : <Moon />}
      title={`Change to ${other}`}
      data-testid="toggle-theme"
      onClick={() => void changePreferences(api, { theme: other })}
    />
  );
}

/** A thin moving line while anything is being asked. */
export function BusyLine() {
  const { queries } = useSession();
  const busy = useSyncExternalStore(
    (listener) => queries.onActivity(listener),
    () => queries.inFlight > 0,
    () => false,
  );
  return busy ? <div className="busy-line" /> : null;
}
