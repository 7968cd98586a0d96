import type { Configuration } from '@gumshoe/analysis/configuration/parse-configuration';
import { inspectWorld, type InspectedWorld } from '@gumshoe/analysis/inspect';
import { HOUR, MINUTE, milliseconds, type Clock, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { modelMetrics } from '@gumshoe/model/read-list';
import type { Reader } from './ports.ts';
import { readIndicators } from './read-indicators.ts';
import { RangeCache } from './range-cache.ts';

const CACHED_WORLDS = 4;
/** Burn rates look back this far, however short the window. */
const LEAST_SPAN = HOUR;
const MAX_BASELINE = 15 * MINUTE;

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
      const indicators = await readIndicators(this.#reader, world, objectives, ownSignal);
      return inspectWorld(world, { thresholds, objectives, indicators });
    };
    return this.#cache.get(range, this.#clock.now(), load, signal);
  }
}
