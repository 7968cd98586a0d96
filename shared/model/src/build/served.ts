import type { Series } from '@gumshoe/base/series';
import { PROTOCOLS } from '@gumshoe/schema/metrics/container';
import type { Column, ServedColumns } from '../world.ts';
import type { Building } from './context.ts';
import { addInto } from './resample.ts';
import { isFailedStatus, requestNames } from './request-draft.ts';

/** Requests by the instance that served them, so that replicas can be compared with one another. */
export function buildServed({ context, registry }: Building): void {
  const each = (metric: string, add: (served: ServedColumns, rate: Column, series: Series) => void): void => {
    for (const series of context.named(metric)) {
      const instance = registry.containerOf(series)?.instance;
      if (!instance) continue;
      const empty = (): Column => context.resampler.column();
      instance.served ??= { rate: empty(), failed: empty(), durationSum: empty() };
      add(instance.served, context.eventRate(series), series);
    }
  };
  for (const protocol of PROTOCOLS) {
    const names = requestNames(protocol, 'inbound');
    each(names.count, (served, rate, { labels }) => {
      addInto(served.rate, rate);
      if (isFailedStatus(labels.status ?? '')) addInto(served.failed, rate);
    });
    each(names.sum, (served, rate) => addInto(served.durationSum, rate));
  }
}
