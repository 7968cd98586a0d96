/** Reproducible numbers: xorshift32 (Marsaglia, 2003). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return bound <= 1 ? 0 : this.#state % bound;
  }
}

const LONGEST = 4096;
/** Ends of ranges, where lengths and counts go wrong. */
const TELLING = [0, 1, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
const TELLING_32 = [0, 1, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

type Mutation = (bytes: number[], random: Random, other: Uint8Array) => void;

const span = (bytes: readonly number[], random: Random): readonly [number, number] => {
  const from = random.below(bytes.length + 1);
  return [from, from + random.below(Math.min(64, bytes.length - from) + 1)];
};

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = TELLING[random.below(TELLING.length)]!;
  },
  (bytes, random) => {
    const [value, at] = [TELLING_32[random.below(TELLING_32.length)]!, random.below(bytes.length)];
    const little = random.below(2) === 0;
    for (let i = 0; i < 4 && at + i < bytes.length; i++)
      bytes[at + i] = (value >>> (8 * (little ? i : 3 - i))) & 0xff;
  },
  (bytes, random) => {
    bytes.splice(random.below(bytes.length + 1), 0, random.below(256));
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    bytes.splice(from, to - from);
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    const part = bytes.slice(from, to);
    const times = 1 + random.below(random.below(8) === 0 ? 64 : 2);
    for (let i = 0; i < times && bytes.length + part.length <= LONGEST; i++) bytes.splice(from, 0, ...part);
  },
  (bytes, random) => {
    bytes.length = random.below(bytes.length + 1);
  },
  (bytes, random, other) => {
    const from = random.below(other.length + 1);
    const part = other.subarray(from, from + random.below(256));
    bytes.splice(random.below(bytes.length + 1), 0, ...part);
  },
  (bytes, random) => {
    const byte = random.below(256);
    for (let left = random.below(512); left > 0 && bytes.length < LONGEST; left--) bytes.push(byte);
  },
];

/** A seed with one to six mutations; one in fifty is noise alone. At most LONGEST bytes. */
export function mutated(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  if (random.below(50) === 0) return Uint8Array.from({ length: random.below(256) }, () => random.below(256));
  const bytes = [...seeds[random.below(seeds.length)]!];
  for (let left = 1 + random.below(6); left > 0; left--) {
    const mutate = MUTATIONS[random.below(MUTATIONS.length)]!;
    mutate(bytes, random, seeds[random.below(seeds.length)]!);
  }
  if (bytes.length > LONGEST) bytes.length = LONGEST;
  return Uint8Array.from(bytes);
}
