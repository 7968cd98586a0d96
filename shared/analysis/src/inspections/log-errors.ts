import { formatValue } from '@gumshoe/base/units';
import { countOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Column } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import { FACTOR } from './baseline.ts';
import { defineInspection, type Signals, type Subject } from './define.ts';
import { thresholdText } from './level.ts';
import { ERROR_LEVELS, ERRORS_ONLY, logRateQuery } from './log-query.ts';

export { ERROR_LEVELS } from './log-query.ts';

/** Fewer messages come and go by themselves. */
const LEAST = 5;
/** The past must be this part of the window to say what is usual; a quarter of it is what is read before most windows. */
const LEAST_PAST = 0.2;

/** Errors that a stretch of the window's length had before it; undefined without enough past. */
function usualCount(
  { grid, window, logs }: Subject & Pick<Signals, 'logs'>,
  errors: readonly Column[],
): number | undefined {
  const past = { lo: 0, hi: window.lo };
  const spoken = sumColumns(
    logs.map(({ rate }) => rate),
    grid.points,
  );
  const known = countOf(spoken, past);
  const length = window.hi - window.lo;
  if (known < LEAST_PAST * length) return undefined;
  const count = errors.reduce((sum, rate) => sum + (sumOf(rate, past) || 0), 0) * (grid.step / 1000);
  return (count * length) / known;
}

export const logErrors = defineInspection({
  id: 'log-errors',
  title: 'Errors in logs',
  area: 'Logs',
  threshold: {
    default: 0,
    unit: 'count',
    description:
      'messages of level error and worse in the window, from five on and where that is more than usual',
  },
  needs: ['logs'],
  inspect: (subject, threshold) => {
    const { logs, grid, window, range } = subject;
    if (!logs.some(({ rate }) => countOf(rate, window) > 0)) return undefined;
    const seconds = grid.step / 1000;
    const errors = logs
      .filter((pattern) => ERROR_LEVELS.has(pattern.level))
      .map((pattern) => ({ pattern, count: sumOf(pattern.rate, window) * seconds }))
      .sort((a, b) => b.count - a.count);
    const total = Math.round(errors.reduce((sum, one) => sum + one.count, 0));
    const usual = usualCount(
      subject,
      errors.map(({ pattern }) => pattern.rate),
    );
    const limit = Math.max(threshold, LEAST - 1, FACTOR * (usual ?? 0));
    const sample = errors[0]?.pattern.sample;
    const before = usual === undefined ? '' : `, usually ${formatValue(Math.round(usual), 'count')}`;
    const message =
      total === 0
        ? 'No error was logged in the window.'
        : `${formatValue(total, 'count')} ${total === 1 ? 'error was' : 'errors were'} logged in the window${before}${thresholdText(limit, (value) => formatValue(value, 'count'))}${sample ? `, mostly: ${sample}` : ''}.`;
    return {
      health: total > limit ? 'warning' : 'ok',
      message,
      value: total,
      threshold: limit,
      unit: 'count',
      instances: [],
      evidence: [promqlEvidence(logRateQuery(subject, ERRORS_ONLY), range, message)],
      explanation: [
        `messages of level error and worse ${total}, more than ${formatValue(limit, 'none')} is a warning`,
        `that is the highest of the threshold ${threshold}, of ${LEAST - 1} (fewer messages are no habit), and of ${FACTOR} times what a window of this length had before: ${usual === undefined ? 'not known' : formatValue(usual, 'none')}`,
      ],
      columns: errors.slice(0, 20).map(({ pattern }) => ({
        name: pattern.sample || pattern.pattern,
        values: pattern.rate,
      })),
    };
  },
});
