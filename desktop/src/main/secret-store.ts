import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { safeStorage } from 'electron';

/**
 * Secrets by reference. Encrypted with the system's key store; where there is none they live until the
 * application ends, and never touch the disk.
 */
export class SecretStore {
  private readonly path: string;
  private readonly session = new Map<string, string>();

  constructor(path: string) {
    this.path = path;
  }

  store(value: string): string {
    const reference = `secret-${randomUUID()}`;
    this.session.set(reference, value);
    if (keyStoreAvailable()) {
      const all = this.load();
      all[reference] = safeStorage.encryptString(value).toString('base64');
      this.save(all);
    }
    return reference;
  }

  read(reference: string): string | undefined {
    const kept = this.session.get(reference);
    if (kept !== undefined) return kept;
    const encrypted = this.load()[reference];
    if (encrypted === undefined || !keyStoreAvailable()) return undefined;
    try {
      return safeStorage.decryptString(Buffer.from(encrypted, 'base64'));
    } catch {
      return undefined;
    }
  }

  private load(): Record<string, string> {
    if (!existsSync(this.path)) return {};
    try {
      const stored: unknown = JSON.parse(readFileSync(this.path, 'utf8'));
      return typeof stored === 'object' && stored !== null ? (stored as Record<string, string>) : {};
    } catch {
      return {};
    }
  }

  private save(all: Record<string, string>): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.path}.partial`, JSON.stringify(all), { mode: 0o600 });
    renameSync(`${this.path}.partial`, this.path);
  }
}

/** `basic_text` encrypts with a key that everybody knows: no better than a plain file. */
function keyStoreAvailable(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text';
}
