import { DEFAULT_PREFERENCES, type Preferences } from '../contract/ipc.ts';
import type { JsonFile } from './json-file.ts';

/** The user's preferences; anything unknown in the file falls back to its default. */
export class PreferenceStore {
  private readonly file: JsonFile;

  constructor(file: JsonFile) {
    this.file = file;
  }

  async get(): Promise<Preferences> {
    return readPreferences(await this.file.read());
  }

  async set(preferences: Preferences): Promise<Preferences> {
    const valid = readPreferences(preferences);
    await this.file.write(valid);
    return valid;
  }
}

function readPreferences(stored: unknown): Preferences {
  const fields = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const { theme, refreshSeconds, timeZone } = fields;
  const seconds = Number(refreshSeconds);
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : DEFAULT_PREFERENCES.theme,
    refreshSeconds:
      refreshSeconds !== undefined && Number.isFinite(seconds) && seconds >= 0 && seconds <= 3600
        ? seconds
        : DEFAULT_PREFERENCES.refreshSeconds,
    timeZone: timeZone === 'local' ? 'local' : DEFAULT_PREFERENCES.timeZone,
  };
}
