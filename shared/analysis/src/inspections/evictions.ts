import { formatValue } from '@gumshoe/base/units';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { riseVerdict } from './rise.ts';
import { measuredTargets, selectTarget, sumSignal } from './target-signals.ts';

/** Caches that are full evict all the time; a rise says that what is asked for no longer fits. */
export const evictionsVerdict = (
  subject: Subject,
  targets: readonly DatabaseTarget[],
  metric: { readonly name: string },
  threshold: number,
): Verdict | undefined =>
  riseVerdict(
    subject,
    measuredTargets(targets, (target) => sumSignal(target, metric)),
    {
      threshold,
      unit: 'per-second',
      says: ({ name, state }) =>
        `${name} throws out ${formatValue(state.value, 'none')} entries per second for lack of memory`,
      calm: 'Nothing is thrown out for lack of memory.',
      formula: 'evicted entries per second',
      query: ({ target }) => `sum(rate(${selectTarget(target, metric)}${subject.rateWindow}))`,
    },
  );
