import { formatValue } from '@gumshoe/base/units';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import type { Column } from '@gumshoe/model/world';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { riseVerdict } from './rise.ts';
import { measuredTargets } from './target-signals.ts';

/** Lookups per second below which a share of them says nothing. */
const LEAST_LOOKUPS = 1;

export interface LookupRule {
  readonly hits: (target: DatabaseTarget) => Column | undefined;
  readonly misses: (target: DatabaseTarget) => Column | undefined;
  /** Selectors of both counters. */
  readonly select: (target: DatabaseTarget) => { readonly hits: string; readonly misses: string };
}

/** Lookups that find nothing: every cache has its usual share, a collapse shows against it. */
export const missesVerdict = (
  subject: Subject,
  targets: readonly DatabaseTarget[],
  { hits, misses, select }: LookupRule,
  threshold: number,
): Verdict | undefined =>
  riseVerdict(
    subject,
    measuredTargets(targets, (target) => missShare(hits(target), misses(target))),
    {
      threshold,
      unit: 'percent',
      says: ({ name, state }) =>
        `${formatValue(state.value, 'percent')} of the lookups in ${name} find nothing`,
      calm: 'Every lookup finds what it asks for.',
      formula: `misses / (hits + misses), from ${formatValue(LEAST_LOOKUPS, 'per-second')} on`,
      query: ({ target }) => {
        const { hits: found, misses: missed } = select(target);
        const rate = (selector: string) => `sum(rate(${selector}${subject.rateWindow}))`;
        return `(${rate(missed)} or vector(0)) / (${rate(found)} + (${rate(missed)} or vector(0))) * 100`;
      },
    },
  );

function missShare(hits: Column | undefined, misses: Column | undefined): Column | undefined {
  return hits?.map((found, i) => {
    const missed = misses?.[i] || 0;
    const lookups = found + missed;
    return lookups >= LEAST_LOOKUPS ? (missed / lookups) * 100 : NaN;
  });
}
