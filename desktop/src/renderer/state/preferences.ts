import { DEFAULT_PREFERENCES, type Preferences, type WorkbenchApi } from '../../contract/ipc.ts';
import { createStore, useStore } from './store.ts';

const store = createStore<Preferences>(DEFAULT_PREFERENCES);

export async function loadPreferences(workbench: WorkbenchApi): Promise<void> {
  store.set(await workbench.call('preferences.get', []));
}

/** On screen at once, on disk when the engine gets to it. */
export async function changePreferences(
  workbench: WorkbenchApi,
  change: Partial<Preferences>,
): Promise<void> {
  const next = { ...store.get(), ...change };
  store.set(next);
  await workbench.call('preferences.set', [next]);
}

export const usePreferences = (): Preferences => useStore(store);
export const currentPreferences = (): Preferences => store.get();
