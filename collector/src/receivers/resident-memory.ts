import { releaseFilePages } from 'ebpf-loader-native';

/** ms. A pass costs some milliseconds, and what is in use is back at once. */
const INTERVAL = 30_000;

/** Keeps pages that only starting needed from counting as memory of a process that runs for months. */
export class ResidentMemory {
  #next = Number.NEGATIVE_INFINITY;

  /** `now` in ms, of any clock that only moves on. Throws where the addon is not built. */
  trim(now: number): void {
    if (now < this.#next) return;
    this.#next = now + INTERVAL;
    releaseFilePages();
  }
}
