import type { Configuration } from '@gumshoe/analysis/configuration/parse-configuration';
import { inspectWorld, type InspectedWorld } from '@gumshoe/analysis/inspect';
import type { EarlierBudgets } from '@gumshoe/analysis/slo/earlier';
import { toFailure } from '@gumshoe/base/failure';
import { HOUR, MINUTE, milliseconds, type Clock, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { modelMetrics } from '@gumshoe/model/read-list';
import type { World } from '@gumshoe/model/world';
import type { Reader } from './ports.ts';
import { readEarlier } from './read-earlier.ts';
import { readIndicators } from './read-indicators.ts';
import { RangeCache } from './range-cache.ts';

const CACHED_WORLDS = 4;
/** Burn rates look back this far, however short the window. */
const LEAST_SPAN = HOUR;
const MAX_BASELINE = 15 * MINUTE;
const EARLIER_LIFETIME = 30 * MINUTE;

/** ms of samples to read before a window: objectives and baselines need them. */
export function historyFor(range: TimeRange): number {
  const length = range.to - range.from;
  return Math.max(LEAST_SPAN - length, Math.min(MAX_BASELINE, length / 4));
}

/** Read → build → inspect, once per window. */
export class WorldSource {
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #configuration: Configuration;
  readonly #cache = new RangeCache<InspectedWorld>(CACHED_WORLDS);
  readonly #earlier = new RangeCache<EarlierBudgets>(CACHED_WORLDS);

  constructor(reader: Reader, clock: Clock, configuration: Configuration) {
    this.#reader = reader;
    this.#clock = clock;
    this.#configuration = configuration;
  }

  get(range: TimeRange, signal?: AbortSignal): Promise<InspectedWorld> {
    const load = async (ownSignal?: AbortSignal): Promise<InspectedWorld> => {
      const history = historyFor(range);
      const whole = { from: milliseconds(range.from - history), to: range.to };
      const series = await this.#reader.series(modelMetrics, whole, ownSignal);
      const { model, thresholds, objectives } = this.#configuration;
      const world = buildWorld(series, range, { history, model });
      const [indicators, earlier] = await Promise.all([
        readIndicators(this.#reader, world, objectives, ownSignal),
        this.#earlierThan(world, ownSignal),
      ]);
      return inspectWorld(world, { thresholds, objectives, indicators, earlier });
    };
    return this.#cache.get(range, this.#clock.now(), load, signal);
  }

  /** What happened long ago is asked once in half an hour. */
  #earlierThan(world: World, signal?: AbortSignal): Promise<EarlierBudgets> {
    const { objectives, model } = this.#configuration;
    const load = async (ownSignal?: AbortSignal): Promise<EarlierBudgets> => {
      try {
        return await readEarlier(this.#reader, world, objectives, model, ownSignal);
      } catch (thrown) {
        // The budget then says of how little it is made; whoever cancelled wants no answer.
        if (toFailure(thrown, 'read earlier requests', 'the source').code === 'cancelled') throw thrown;
        return new Map();
      }
    };
    const rounded = (at: number) => milliseconds(Math.floor(at / EARLIER_LIFETIME) * EARLIER_LIFETIME);
    const about = { from: rounded(world.grid.from), to: rounded(world.range.to - 2 * MINUTE) };
    return this.#earlier.get(about, this.#clock.now(), load, signal);
  }
}
