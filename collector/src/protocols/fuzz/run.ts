import { isDeepStrictEqual } from 'node:util';
import { mutated, Random } from './mutate.ts';
import type { FuzzTarget } from './targets.ts';

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** An input that takes longer each time it is tried is a failure. */
  readonly slowMs?: number;
}

export interface FuzzFailure {
  readonly reason: string;
  readonly input: Uint8Array;
}

export interface FuzzReport {
  readonly runs: number;
  readonly seconds: number;
  /** Of the parser alone, over inputs of at least WORTH_TIMING bytes; the best of many, so that pauses do not count. */
  readonly worstNsPerByte: number;
  readonly failure: FuzzFailure | undefined;
}

const WORTH_TIMING = 64;
const REPEATED = 20;
/** One input in so many is parsed twice and the answers compared. */
const COMPARED = 64;

/** Feeds mutated seeds to one parser, up to the first failure. The same seed gives the same inputs. */
export function fuzz(target: FuzzTarget, { runs, seed, slowMs }: FuzzOptions): FuzzReport {
  const random = new Random(seed);
  const started = process.hrtime.bigint();
  let worst = 0;
  let done = 0;
  let failure: FuzzFailure | undefined;
  while (done < runs && !failure) {
    const input = mutated(target.seeds, random);
    const before = performance.now();
    const reason = tryOnce(target, input, done % COMPARED === 0);
    const took = performance.now() - before;
    done++;
    if (reason !== undefined) failure = { reason, input };
    else if (input.length >= WORTH_TIMING && (took * 1e6) / input.length > worst) {
      const best = Math.min(took, bestOf(target, input));
      worst = Math.max(worst, (best * 1e6) / input.length);
      if (slowMs !== undefined && best > slowMs)
        failure = { reason: `takes ${best.toFixed(1)} ms for ${input.length} bytes`, input };
    }
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  return { runs: done, seconds, worstNsPerByte: worst, failure };
}

function tryOnce(target: FuzzTarget, input: Uint8Array, compare: boolean): string | undefined {
  try {
    const answer = target.run(input);
    return compare && !isDeepStrictEqual(target.run(input), answer) ? 'answers differ' : undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function bestOf(target: FuzzTarget, input: Uint8Array): number {
  let best = Infinity;
  for (let i = 0; i < REPEATED; i++) {
    const before = performance.now();
    target.run(input);
    best = Math.min(best, performance.now() - before);
  }
  return best;
}
