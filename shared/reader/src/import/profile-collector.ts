import type { ProfileSample, ProfileStack } from '../snapshot/record-types.ts';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/** FNV-1a, 64 bit, of the frames joined by line ends: as the collector numbers stacks. */
export function stackHash(frames: readonly string[]): string {
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(frames.join('\n')))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  return String(hash);
}

/** Stacks once, samples as often as there are. */
export class ProfileCollector {
  readonly samples: ProfileSample[] = [];
  readonly #stacks = new Map<string, ProfileStack>();
  readonly #hashes = new Map<string, string>();

  /** `start` and `end` in ms since the epoch; frames leaf first. */
  add(
    service: string,
    type: string,
    start: number,
    end: number,
    frames: readonly string[],
    value: number,
  ): void {
    const text = JSON.stringify(frames);
    let hash = this.#hashes.get(text);
    if (hash === undefined) this.#hashes.set(text, (hash = stackHash(frames)));
    this.#stacks.set(`${service} ${hash}`, [service, hash, text]);
    this.samples.push([service, type, start, end, '', hash, value, 0]);
  }

  addAll(other: ProfileCollector): void {
    for (const [key, stack] of other.#stacks) this.#stacks.set(key, stack);
    for (const sample of other.samples) this.samples.push(sample);
  }

  get stacks(): readonly ProfileStack[] {
    return [...this.#stacks.values()].sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1));
  }
}
