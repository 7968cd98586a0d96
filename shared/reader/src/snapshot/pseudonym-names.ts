import { milliseconds, MINUTE, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { modelMetrics } from '@gumshoe/model/read-list';
import type { Pseudonyms } from './pseudonyms.ts';

const SLICE = 5 * MINUTE;
const PER_SLICE = 200_000;

/**
 * Takes in every name of a window before anything is written: a log record may speak of a service that appears only
 * later. Rejects with FailureError.
 */
export async function readInto(
  pseudonyms: Pseudonyms,
  reader: Reader,
  range: TimeRange,
  signal?: AbortSignal,
): Promise<void> {
  for (const { labels } of await reader.series(modelMetrics, range, signal)) pseudonyms.learnLabels(labels);
  for (let end: number = range.to; end > range.from; end -= SLICE) {
    const slice = { from: milliseconds(Math.max(range.from, end - SLICE)), to: milliseconds(end) };
    const spans = await reader.spans({ range: slice, order: 'newest', limit: PER_SLICE }, signal);
    const logs = await reader.logs({ range: slice, limit: PER_SLICE }, signal);
    for (const { serviceName, containerId } of [...spans, ...logs]) {
      pseudonyms.learnName(serviceName);
      pseudonyms.learnContainer(containerId);
    }
  }
}
