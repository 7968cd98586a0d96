import type { CustomIndicators } from '@gumshoe/analysis/slo/custom-indicators';
import {
  customIndicator,
  nothing,
  queriesOf,
  wantedIndicators,
  type CustomIndicator,
  type WantedIndicator,
} from '@gumshoe/analysis/slo/custom-indicators';
import type { ObjectiveSettings } from '@gumshoe/analysis/slo/objectives';
import { describeFailure, toFailure } from '@gumshoe/base/failure';
import type { World } from '@gumshoe/model/world';
import type { Reader } from './ports.ts';

/** Asks what the configuration wants objectives to be judged by. A query that fails is told by its objective. */
export async function readIndicators(
  reader: Reader,
  world: World,
  settings: ObjectiveSettings,
  signal?: AbortSignal,
): Promise<CustomIndicators> {
  const wanted = wantedIndicators(world, settings);
  const read = async (one: WantedIndicator): Promise<readonly [string, CustomIndicator]> => [
    one.key,
    await readOne(reader, world, one, signal),
  ];
  return new Map(await Promise.all(wanted.map(read)));
}

async function readOne(
  reader: Reader,
  world: World,
  wanted: WantedIndicator,
  signal?: AbortSignal,
): Promise<CustomIndicator> {
  try {
    const queries = queriesOf(wanted.queries);
    const answers = await Promise.all(queries.map((query) => reader.queryRange(query, world.grid, signal)));
    return customIndicator(world, wanted, answers);
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    const failure = toFailure(thrown, 'ask the query of an objective', wanted.key);
    return nothing(world.grid.points, describeFailure(failure).replace(/\.$/, ''));
  }
}
