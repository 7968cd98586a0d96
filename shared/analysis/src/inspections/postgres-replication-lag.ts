import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { lastSignal, measuredTargets, selectTarget, signalsOf } from './target-signals.ts';

export const postgresReplicationLag = defineInspection({
  id: 'postgres-replication-lag',
  title: 'Postgres replication lag',
  area: 'Postgres',
  threshold: { default: 30, unit: 'seconds', description: 'time a replica is behind its primary' },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(subject.postgres, ({ replication }) => replication?.lag),
      {
        threshold,
        unit: 'seconds',
        says: ({ name, target, state }) =>
          `Replica ${name} is ${formatValue(state.value, 'seconds')} behind its primary ${target.replication!.primary}${state.firing ? causeOf(target, subject) : ''}`,
        calm: 'Every replica keeps up with its primary.',
        formula: 'time since the primary wrote what the replica has replayed',
        query: ({ target }) => {
          const primary = { ...target, address: target.replication!.primary };
          return `sum(${selectTarget(primary, P.walCurrentLsn)}) - sum(${selectTarget(target, P.walReplayLsn)})`;
        },
        explain: ({ target }) => {
          const { unreceived, unreplayed } = bytesBehind(target, subject);
          return [
            `WAL not received yet ${formatValue(unreceived, 'bytes')}, received and not replayed yet ${formatValue(unreplayed, 'bytes')}`,
          ];
        },
      },
    ),
});

function bytesBehind({ replication }: PostgresTarget, { window, recent }: Subject) {
  const last = (column: Float64Array) => lastOf(column, window, 4 * recent);
  return { unreceived: last(replication!.unreceived), unreplayed: last(replication!.unreplayed) };
}

/** What holds it up, as far as it says so itself. */
function causeOf(target: PostgresTarget, subject: Subject): string {
  if (lastSignal(target, P.walReplayPaused, subject) > 0) return ': replay is paused';
  const receivers = signalsOf(target, P.walReceiverStatus);
  const { window, recent } = subject;
  const connected = receivers.some(({ values }) => lastOf(values, window, 2 * recent) > 0);
  if (receivers.length > 0 && !connected) return ': it is not connected to its primary';
  const { unreceived, unreplayed } = bytesBehind(target, subject);
  if (!(unreceived + unreplayed > 0)) return '';
  return unreceived > unreplayed
    ? `: ${formatValue(unreceived, 'bytes')} of WAL have not reached it (shipping)`
    : `: ${formatValue(unreplayed, 'bytes')} of WAL wait to be replayed (apply)`;
}
