import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A JSON document on disk, replaced as a whole so that a crash never leaves half of it. */
export class JsonFile {
  private readonly path: string;
  private writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** undefined when there is no file. An unreadable one is set aside as `<name>.broken`, not overwritten. */
  async read(): Promise<unknown> {
    await this.writing;
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return JSON.parse(text);
    } catch {
      await rename(this.path, `${this.path}.broken`);
      return undefined;
    }
  }

  write(value: unknown): Promise<void> {
    const next = this.writing.then(() => this.replace(value));
    this.writing = next.catch(() => {});
    return next;
  }

  private async replace(value: unknown): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const partial = `${this.path}.partial`;
    await writeFile(partial, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
    await rename(partial, this.path);
  }
}
