import { formatValue } from '@gumshoe/base/units';
import { meanOf } from '@gumshoe/model/columns';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { lastSignal, measuredTargets, selectTarget, signalsOf, sumSignal } from './target-signals.ts';

/** Servers that write less than one segment have nothing to checkpoint. */
const LEAST_WAL = 16 * 1024 * 1024;
/** PostgreSQL's own default of checkpoint_timeout, seconds. */
const DEFAULT_TIMEOUT = 300;

export const postgresCheckpoints = defineInspection({
  id: 'postgres-checkpoints',
  title: 'Postgres checkpoints',
  area: 'Postgres',
  threshold: { default: 3, unit: 'none', description: 'age of the last checkpoint in checkpoint timeouts' },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredTargets(subject.postgres, overdue), {
      threshold,
      unit: 'none',
      says: ({ name, target, state }) =>
        `The last checkpoint of ${name} is ${formatValue(lastSignal(target, M.sinceCheckpoint, subject), 'seconds')} old, ${formatValue(state.value, 'none')} times its timeout of ${formatValue(timeoutOf(target), 'seconds')}${state.firing ? toReplay(target, subject) : ''}`,
      formula: `age of the last checkpoint / checkpoint_timeout, counted from ${formatValue(LEAST_WAL, 'bytes')} of WAL since then`,
      query: ({ target }) =>
        `${selectTarget(target, M.sinceCheckpoint)} / ${timeoutOf(target)} * (${selectTarget(target, M.walSinceCheckpoint)} > bool ${LEAST_WAL})`,
      explain: ({ target }) => [
        `WAL since the last checkpoint ${formatValue(lastSignal(target, M.walSinceCheckpoint, subject), 'bytes')}`,
        ...scheduled(target, subject),
      ],
    }),
});

const timeoutOf = ({ settings }: PostgresTarget): number =>
  settings.get('checkpoint_timeout') || DEFAULT_TIMEOUT;

function overdue(target: PostgresTarget): Float64Array | undefined {
  const wal = sumSignal(target, M.walSinceCheckpoint);
  const age = sumSignal(target, M.sinceCheckpoint);
  const timeout = timeoutOf(target);
  if (!wal || !age) return undefined;
  return age.map((seconds, i) => (wal[i] === wal[i] ? (wal[i]! > LEAST_WAL ? seconds / timeout : 0) : NaN));
}

const toReplay = (target: PostgresTarget, subject: Subject): string =>
  `; after a crash it would replay ${formatValue(lastSignal(target, M.walSinceCheckpoint, subject), 'bytes')} of WAL`;

/** Whether checkpoints come by the clock or because max_wal_size was reached. */
function scheduled(target: PostgresTarget, { window }: Subject): readonly string[] {
  const parts = signalsOf(target, M.checkpointsScheduled).map(
    ({ labels, values }) => `${labels.type} ${formatValue((meanOf(values, window) || 0) * 3600, 'none')}`,
  );
  return parts.length > 0 ? [`checkpoints scheduled per hour: ${parts.join(', ')}`] : [];
}
