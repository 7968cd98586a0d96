import { formatValue } from '@gumshoe/base/units';
import { lastOf, meanOf } from '@gumshoe/model/columns';
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
import { xminHolder } from './postgres-xmin-holder.ts';
import { lastSignal } from './target-signals.ts';

const RULE: PressureRule = {
  waiting: M.deadTuples,
  weight: M.deadTupleBytes,
  least: 512 * 1024 ** 2,
  trigger: 'vacuum',
};
/** Rows are held back by whoever is older than this, transactions. */
const OLD_XMIN = 1_000_000;
/** PostgreSQL's own default of autovacuum_max_workers. */
const DEFAULT_WORKERS = 3;

export const postgresAutovacuum = defineInspection({
  id: 'postgres-autovacuum',
  title: 'Postgres autovacuum',
  area: 'Postgres',
  threshold: { default: 2, unit: 'none', description: 'dead rows in multiples of what triggers autovacuum' },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, tablePressure(subject.postgres, RULE), {
      threshold,
      unit: 'none',
      says: (worst) =>
        worst.state.value > 0
          ? `${worst.name} has ${formatValue(lastOf(deadBytes(worst), subject.window), 'bytes')} of dead rows, ${formatValue(worst.state.value, 'none')} times what triggers autovacuum${worst.state.firing ? `: ${causeOf(worst, subject)}` : ''}`
          : `No table has ${formatValue(RULE.least, 'bytes')} of dead rows`,
      formula: 'dead rows / (threshold + scale factor × rows)',
      query: (worst) => pressureQuery(worst, RULE),
      explain: (worst) => [
        `autovacuum begins at ${worst.trigger.threshold} + ${worst.trigger.scale} × rows; tables count from ${formatValue(RULE.least, 'bytes')} of dead rows`,
        `what holds it up: ${causeOf(worst, subject)}`,
      ],
    }),
});

const deadBytes = ({ target, labels }: MeasuredTable): Float64Array =>
  ofTable(target, M.deadTupleBytes, labels)!.values;

/** Why vacuum does not keep up, the most certain reason first. */
function causeOf({ target, labels }: MeasuredTable, subject: Subject): string {
  if (ofTable(target, M.tableSetting, labels)?.labels.autovacuum_disabled === '1')
    return 'autovacuum is off for this table';
  if (target.settings.get('autovacuum') === 0) return 'autovacuum is off';
  const holder = xminHolder(target, subject, OLD_XMIN);
  if (holder)
    return `${holder.name} keeps rows of the last ${formatValue(holder.age, 'count')} transactions from being removed`;
  const { window, recent } = subject;
  const last = (metric: { readonly name: string }) => {
    const column = ofTable(target, metric, labels)?.values;
    return column ? lastOf(column, window, 4 * recent) : NaN;
  };
  const throttled = ofTable(target, M.vacuumThrottled, labels);
  const share = throttled ? meanOf(throttled.values, window) : NaN;
  if (share > 0.5)
    return `its vacuum sleeps ${formatValue(share, 'ratio')} of the time for the cost limit (autovacuum_vacuum_cost_delay)`;
  if (last(M.vacuumInProgress) > 0) return 'a vacuum of it is running';
  const workers = lastSignal(target, M.autovacuumWorkers, subject);
  const most = target.settings.get('autovacuum_max_workers') ?? DEFAULT_WORKERS;
  if (workers >= most) return `all ${most} autovacuum workers are busy with other tables`;
  const since = last(M.sinceAutovacuum);
  return since >= 0
    ? `its last autovacuum was ${formatValue(since, 'seconds')} ago`
    : 'it has never been vacuumed automatically';
}
