import { nativeAddon } from './native.ts';

/** Map types with a value for each CPU (include/uapi/linux/bpf.h): their values are larger than they say. */
const PER_CPU = new Set([5, 6, 10, 21]);

/** A map that another program made and pinned. Only read. */
export class PinnedMap {
  readonly path: string;
  readonly keySize: number;
  readonly valueSize: number;
  #fd: number;

  /** @throws Error with `code` (`ENOENT`, `EPERM`, …) when there is none, or it may not be read. */
  constructor(path: string) {
    const made = nativeAddon().openPinnedMap(path);
    if ('errno' in made) throw Object.assign(new Error(made.message), { errno: made.errno, code: made.code });
    this.path = path;
    this.#fd = made.fd;
    this.keySize = made.keySize;
    this.valueSize = made.valueSize;
    if (PER_CPU.has(made.type)) {
      this.close();
      throw new Error(`${path} has a value for each CPU, which is not supported`);
    }
  }

  /** undefined when the key is absent. @throws Error for a key of another size, and once it is closed. */
  lookup(key: Uint8Array): Uint8Array | undefined {
    if (this.#fd < 0) throw new Error(`${this.path} is closed`);
    if (key.byteLength !== this.keySize)
      throw new Error(`${this.path}: the key has ${this.keySize} bytes, not ${key.byteLength}`);
    const value = new Uint8Array(this.valueSize);
    return nativeAddon().lookupPinnedMap(this.#fd, key, value) ? value : undefined;
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd >= 0) nativeAddon().closeDescriptor(this.#fd);
    this.#fd = -1;
  }
}
