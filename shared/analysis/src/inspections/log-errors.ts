import { formatValue } from '@gumshoe/base/units';
import { countOf, sumOf } from '@gumshoe/model/columns';
import { promqlEvidence } from '../evidence.ts';
import { FACTOR } from './baseline.ts';
import { defineInspection } from './define.ts';
import { thresholdText } from './level.ts';
import { ERROR_LEVELS, ERRORS_ONLY, logRateQuery } from './log-query.ts';
import { usualErrors } from './log-usual.ts';

export { ERROR_LEVELS } from './log-query.ts';

/** Fewer messages come and go by themselves. */
const LEAST = 5;

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
    const usual = usualErrors(
      subject,
      errors.map(({ pattern }) => pattern.rate),
    );
    const limit = Math.max(threshold, LEAST - 1, FACTOR * usual.count);
    const sample = errors[0]?.pattern.sample;
    const before = `, usually ${formatValue(Math.round(usual.count), 'count')}`;
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
        `that is the highest of the threshold ${threshold}, of ${LEAST - 1} (fewer messages are no habit), and of ${FACTOR} times what is usual: ${usual.explanation}`,
      ],
      columns: errors.slice(0, 20).map(({ pattern }) => ({
        name: pattern.sample || pattern.pattern,
        values: pattern.rate,
      })),
    };
  },
});
