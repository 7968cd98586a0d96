import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import { defineInspection } from './define.ts';
import { ERROR_LEVELS, ERRORS_ONLY, logRateQuery } from './log-query.ts';
import { riseVerdict } from './rise.ts';

export const logErrorRate = defineInspection({
  id: 'log-error-rate',
  title: 'Rate of errors in logs',
  area: 'Logs',
  threshold: { default: 0.1, unit: 'per-second', description: 'messages of level error and worse' },
  needs: ['logs'],
  inspect: (subject, threshold) => {
    const { logs, grid, application } = subject;
    const errors = logs.filter(({ level }) => ERROR_LEVELS.has(level));
    if (errors.length === 0) return undefined;
    // silence before the first error is a rate of zero wherever anything was logged
    const spoken = sumColumns(
      logs.map(({ rate }) => rate),
      grid.points,
    );
    const rates = sumColumns(
      errors.map(({ rate }) => rate),
      grid.points,
    );
    const values = rates.map((rate, i) => (rate === rate ? rate : spoken[i] === spoken[i] ? 0 : NaN));
    return riseVerdict(subject, [{ name: application.name, values }], {
      threshold,
      unit: 'per-second',
      says: ({ name, state }) => `${name} logs ${formatValue(state.value, 'none')} errors per second`,
      calm: 'No error is logged.',
      formula: 'messages of level error and worse per second',
      query: () => logRateQuery(subject, ERRORS_ONLY),
    });
  },
});
