import type { FuzzSubject } from './subjects.ts';

/** xorshift32: the same seed, the same inputs. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x2a, 0x24];
const LONGEST_INPUT = 2048;

/** One mutated input: bytes changed, inserted, removed, doubled, cut, or spliced with another seed. */
export function mutate(seeds: readonly Uint8Array[], random: (below: number) => number): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(seeds[random(seeds.length)]!);
  for (let n = 1 + random(4); n > 0; n--) bytes = change(bytes, seeds, random);
  return bytes.subarray(0, LONGEST_INPUT);
}

function change(
  bytes: Uint8Array,
  seeds: readonly Uint8Array[],
  random: (below: number) => number,
): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random(256));
  const at = random(bytes.length);
  switch (random(8)) {
    case 0:
      bytes[at] = random(256);
      return bytes;
    case 1:
      bytes[at] = INTERESTING[random(INTERESTING.length)]!;
      return bytes;
    case 2:
      bytes[at]! ^= 1 << random(8);
      return bytes;
    case 3:
      return bytes.slice(0, at);
    case 4:
      return joined(bytes.subarray(0, at), Uint8Array.of(random(256), random(256)), bytes.subarray(at));
    case 5:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random(8))));
    case 6:
      return joined(bytes, bytes.subarray(at));
    default:
      return joined(bytes.subarray(0, at), seeds[random(seeds.length)]!.subarray(random(4)));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export interface FuzzFailure {
  readonly subject: string;
  readonly seed: number;
  /** Hexadecimal. */
  readonly input: string;
  readonly reason: string;
}

export interface FuzzResult {
  readonly runs: number;
  readonly bytes: number;
  readonly failure?: FuzzFailure;
}

/** Feeds `runs` mutated inputs; stops at the first failure. */
export function fuzz(subject: FuzzSubject, runs: number, seed: number): FuzzResult {
  const random = randomFrom(seed);
  let bytes = 0;
  for (let i = 0; i < runs; i++) {
    const input = mutate(subject.seeds, random);
    bytes += input.length;
    try {
      subject.run(input);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const text = Buffer.from(input).toString('hex');
      return { runs: i + 1, bytes, failure: { subject: subject.name, seed, input: text, reason } };
    }
  }
  return { runs, bytes };
}
