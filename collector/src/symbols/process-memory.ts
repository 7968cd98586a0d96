import { closeSync, openSync, readSync } from 'node:fs';

/** Memory of another process, as a debugger reads it. Needs the right to trace the process. */
export class ProcessMemory {
  readonly #fd: number;

  /** @throws Error when the process is gone or may not be read. */
  constructor(root: string) {
    this.#fd = openSync(`${root}/mem`, 'r');
  }

  /** undefined where nothing is mapped. */
  read(address: number, length: number): Buffer | undefined {
    const bytes = Buffer.alloc(length);
    try {
      return readSync(this.#fd, bytes, 0, length, address) === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /** A pointer; undefined where nothing is mapped, or when the value is no user-space address. */
  pointer(address: number): number | undefined {
    const value = this.read(address, 8)?.readBigUInt64LE();
    return value !== undefined && value > 0n && value < 1n << 47n ? Number(value) : undefined;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
