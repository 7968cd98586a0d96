import { FailureError } from '@gumshoe/base/failure';
import { parseConnectionSpec } from '../contract/connection-spec.ts';
import type { SavedConnection, SavedConnectionId } from '../contract/ipc.ts';
import type { JsonFile } from './json-file.ts';

const MAX_CONNECTIONS = 500;

/** The list of saved connections. Holds references to secrets, never secrets. */
export class ConnectionStore {
  private readonly file: JsonFile;

  constructor(file: JsonFile) {
    this.file = file;
  }

  /** Entries that no longer read as a connection are left out. */
  async list(): Promise<SavedConnection[]> {
    const stored = await this.file.read();
    return Array.isArray(stored) ? stored.flatMap((entry: unknown) => readEntry(entry)) : [];
  }

  /** Adds, or replaces the one with the same id. */
  async save(connection: SavedConnection): Promise<SavedConnection[]> {
    const [valid] = readEntry(connection);
    if (!valid) {
      const parsed = parseConnectionSpec(connection.spec);
      throw new FailureError({
        code: 'invalid-input',
        tried: 'save the connection',
        target: connection.name || 'without a name',
        reason: parsed.ok ? 'it needs a name' : parsed.error.join('; '),
      });
    }
    const all = await this.list();
    const at = all.findIndex((entry) => entry.id === valid.id);
    if (at >= 0) all[at] = valid;
    else all.push(valid);
    if (all.length > MAX_CONNECTIONS)
      throw new FailureError({
        code: 'limit-exceeded',
        tried: 'save the connection',
        target: valid.name,
        reason: `${MAX_CONNECTIONS} connections are saved already`,
        remedy: 'Remove one first.',
      });
    await this.file.write(all);
    return all;
  }

  async remove(id: SavedConnectionId): Promise<SavedConnection[]> {
    const rest = (await this.list()).filter((entry) => entry.id !== id);
    await this.file.write(rest);
    return rest;
  }
}

function readEntry(entry: unknown): SavedConnection[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { id, name, spec } = entry as Record<string, unknown>;
  if (typeof id !== 'string' || typeof name !== 'string' || id === '' || name.trim() === '') return [];
  const parsed = parseConnectionSpec(spec);
  return parsed.ok ? [{ id: id as SavedConnectionId, name: name.trim(), spec: parsed.value }] : [];
}
