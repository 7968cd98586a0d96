import { gridTime } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { countOf, sumOf } from '@gumshoe/model/columns';
import type { Column, LogPatternColumns } from '@gumshoe/model/world';
import { matchLabel, promqlEvidence } from '../evidence.ts';
import { defineInspection, type Subject } from './define.ts';
import { ERROR_LEVELS, logRateQuery } from './log-query.ts';
import { clock } from './slo-verdict.ts';

/** ms for which a log must have been read without a pattern before the pattern is new. */
const LEAST_PAST = 5 * 60_000;
/**
 * Cells with messages that the past would have had at the pattern's own pace: one that comes now and then may have
 * been silent that long by chance (e^-5 is less than one in a hundred).
 */
const LEAST_EXPECTED = 5;

export const logNewPattern = defineInspection({
  id: 'log-new-pattern',
  title: 'New errors in logs',
  area: 'Logs',
  threshold: { default: 9, unit: 'count', description: 'messages of an error that was never logged before' },
  needs: ['logs', 'instances'],
  inspect: (subject, threshold) => {
    const { grid, window, range } = subject;
    const began = readSince(
      subject,
      subject.logs,
      subject.instances.map(({ firstSeen }) => firstSeen),
    );
    const errors = subject.logs.filter(({ level }) => ERROR_LEVELS.has(level));
    const read = subject.logs.some(({ rate }) => countOf(rate, window) > 0);
    if (errors.length === 0 || !read || began === undefined) return undefined;
    const fresh = errors
      .map((of) => {
        const first = of.rate.findIndex((rate) => rate > 0);
        return { of, first, count: Math.round(sumOf(of.rate, window) * (grid.step / 1000)) };
      })
      .filter(
        ({ of, first }) =>
          first >= window.lo &&
          gridTime(grid, first) - began >= LEAST_PAST &&
          expectedBefore(of.rate, { first, hi: window.hi }, (gridTime(grid, first) - began) / grid.step) >=
            LEAST_EXPECTED,
      )
      .sort((a, b) => b.count - a.count || (a.of.pattern < b.of.pattern ? -1 : 1));
    const firing = fresh.filter(({ count }) => count > threshold);
    const worst = fresh[0];
    const sample = worst && (worst.of.sample || worst.of.pattern);
    const others = firing.length > 1 ? `, and ${firing.length - 1} other new ones` : '';
    const message =
      worst && firing.length > 0
        ? `An error not seen before was logged ${formatValue(worst.count, 'count')} times since ${clock(gridTime(grid, worst.first))} UTC: ${sample}${others}.`
        : 'No new kind of error was logged often.';
    const matchers = worst ? [matchLabel('pattern_hash', [worst.of.pattern])] : [];
    return {
      health: firing.length > 0 ? 'warning' : 'ok',
      message,
      value: worst?.count ?? 0,
      threshold,
      unit: 'count',
      instances: [],
      evidence: [promqlEvidence(logRateQuery(subject, ...matchers), range, message)],
      explanation: [
        `the log is read since ${clock(began)} UTC; a pattern is new when its first message came at least ${formatValue(LEAST_PAST, 'milliseconds')} later, within the window, and at its pace ${LEAST_EXPECTED} and more should have come before`,
        ...fresh.slice(0, 5).map(({ of, count }) => `${count} × ${of.sample || of.pattern}`),
      ],
      columns: fresh.slice(0, 20).map(({ of }) => ({ name: of.sample || of.pattern, values: of.rate })),
    };
  },
});

/** How many cells with messages `past` cells would have at the pace since the first one. */
function expectedBefore(
  rate: Column,
  { first, hi }: { readonly first: number; readonly hi: number },
  past: number,
): number {
  let active = 0;
  for (let i = first; i < hi; i++) if (rate[i]! > 0) active++;
  return (active / (hi - first)) * past;
}

/** Since when anything is known of what the application logs; undefined when nothing is. */
function readSince(
  { grid }: Subject,
  logs: readonly LogPatternColumns[],
  instances: readonly number[],
): number | undefined {
  const firsts = logs.map(({ rate }) => firstKnown(rate)).filter((cell) => cell >= 0);
  if (firsts.length === 0) return undefined;
  const message = gridTime(grid, Math.min(...firsts));
  // a container that is observed but silent has logged no error either
  return instances.length > 0 ? Math.min(message, Math.max(grid.from, Math.min(...instances))) : message;
}

const firstKnown = (column: Column): number => column.findIndex((value) => value === value);
