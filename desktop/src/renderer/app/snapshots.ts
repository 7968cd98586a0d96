import { toFailure } from '@gumshoe/base/failure';
import type { TimeRange } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { connectionTarget } from '../../contract/connection-spec.ts';
import type { ExportChoices, ExportProgress } from '../../contract/ipc.ts';
import { notify, notifyFailure } from '../state/shared-ui.ts';
import { createStore } from '../state/store.ts';
import { dateText } from '../widgets/time-text.ts';
import { openConnection, openSource } from './connection-state.ts';
import type { Workbench } from './workbench.tsx';

/** Whether the user is being asked what to export. */
export const exportAsked = createStore(false);

/** The export on its way; undefined when there is none. */
export const exporting = createStore<(ExportProgress & { readonly cancel: () => void }) | undefined>(
  undefined,
);

export async function openSnapshotFile({ api, bridge }: Workbench): Promise<boolean> {
  const path = await bridge.chooseFile('open-snapshot');
  if (!path) return false;
  const spec = { kind: 'snapshot', path } as const;
  return openConnection(api, { name: connectionTarget(spec), spec });
}

/** Asks where, and writes the window into one file that opens anywhere. */
export async function exportSnapshot(
  { api, bridge }: Workbench,
  range: TimeRange,
  choices: ExportChoices,
): Promise<void> {
  const current = openSource.get();
  if (!current || exporting.get()) return;
  const name = `${current.connection.name} ${dateText(range.from)}`.replace(/[^\w.-]+/g, '-');
  const path = await bridge.chooseFile('save-snapshot', `${name}.gumshoe`);
  if (!path) return;
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  exporting.set({ stage: 'starting', cancel });
  try {
    const { bytes, redaction } = await api.call(
      'snapshot.export',
      [{ connection: current.connection.id, range, path, choices }],
      { signal: controller.signal, onProgress: (step) => exporting.set({ ...step, cancel }) },
    );
    notify([`Exported ${formatValue(bytes, 'bytes')} to ${path}`, ...redaction].join('\n'), 'success');
  } catch (thrown) {
    notifyFailure(toFailure(thrown, 'export the snapshot', path));
  } finally {
    exporting.set(undefined);
  }
}
