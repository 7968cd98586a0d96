import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import {
  ofTable,
  pressureQuery,
  tablePressure,
  type MeasuredTable,
  type PressureRule,
} from './postgres-tables.ts';

const RULE: PressureRule = {
  waiting: M.modsSinceAnalyze,
  weight: M.reltuples,
  least: 100_000,
  trigger: 'analyze',
};

export const postgresStaleStatistics = defineInspection({
  id: 'postgres-stale-statistics',
  title: 'Postgres stale statistics',
  area: 'Postgres',
  threshold: {
    default: 2,
    unit: 'none',
    description: 'modified rows in multiples of what triggers autoanalyze',
  },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, tablePressure(subject.postgres, RULE), {
      threshold,
      unit: 'none',
      says: (worst) =>
        worst.state.value > 0
          ? `The planner's statistics of ${worst.name} are stale by ${formatValue(worst.state.value, 'none')} times what triggers autoanalyze${worst.state.firing ? `: ${causeOf(worst, subject)}` : ''}`
          : `No table of ${formatValue(RULE.least, 'count')} rows has stale statistics`,
      formula: 'modified rows / (threshold + scale factor × rows)',
      query: (worst) => pressureQuery(worst, RULE),
      explain: ({ trigger }) => [
        `autoanalyze begins at ${trigger.threshold} + ${trigger.scale} × rows; tables count from ${formatValue(RULE.least, 'count')} rows`,
      ],
    }),
});

function causeOf({ target, labels }: MeasuredTable, { window, recent }: Subject): string {
  if (ofTable(target, M.tableSetting, labels)?.labels.autovacuum_disabled === '1')
    return 'autovacuum, and with it autoanalyze, is off for this table';
  if (target.settings.get('autovacuum') === 0) return 'autovacuum, and with it autoanalyze, is off';
  const age = ofTable(target, M.sinceAnalyze, labels);
  const since = age ? lastOf(age.values, window, 4 * recent) : NaN;
  return since >= 0
    ? `they were last refreshed ${formatValue(since, 'seconds')} ago`
    : 'they were never collected';
}
