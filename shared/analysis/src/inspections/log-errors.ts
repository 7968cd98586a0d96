import { formatValue } from '@gumshoe/base/units';
import { sumOf } from '@gumshoe/model/columns';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { ERROR_LEVELS, ERRORS_ONLY, logRateQuery } from './log-query.ts';

export { ERROR_LEVELS } from './log-query.ts';

export const logErrors = defineInspection({
  id: 'log-errors',
  title: 'Errors in logs',
  area: 'Logs',
  threshold: { default: 0, unit: 'count', description: 'messages of level error and worse in the window' },
  needs: ['logs'],
  inspect: (subject, threshold) => {
    const { logs, grid, window, range } = subject;
    if (logs.length === 0) return undefined;
    const seconds = grid.step / 1000;
    const errors = logs
      .filter((pattern) => ERROR_LEVELS.has(pattern.level))
      .map((pattern) => ({ pattern, count: sumOf(pattern.rate, window) * seconds }))
      .sort((a, b) => b.count - a.count);
    const total = Math.round(errors.reduce((sum, one) => sum + one.count, 0));
    const sample = errors[0]?.pattern.sample;
    const message =
      total === 0
        ? 'No error was logged in the window.'
        : `${formatValue(total, 'count')} errors were logged in the window${sample ? `, mostly: ${sample}` : ''}.`;
    return {
      health: total > threshold ? 'warning' : 'ok',
      message,
      value: total,
      threshold,
      unit: 'count',
      instances: [],
      evidence: [promqlEvidence(logRateQuery(subject, ERRORS_ONLY), range, message)],
      explanation: [`messages of level error and worse ${total}, more than ${threshold} is a warning`],
      columns: errors.slice(0, 20).map(({ pattern }) => ({
        name: pattern.sample || pattern.pattern,
        values: pattern.rate,
      })),
    };
  },
});
