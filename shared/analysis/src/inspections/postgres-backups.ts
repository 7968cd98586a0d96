import { formatValue } from '@gumshoe/base/units';
import type { PostgresBackups } from '@gumshoe/model/database-target';
import { POSTGRES_BACKUP_METRICS as B } from '@gumshoe/schema/metrics/postgres-backups';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';

/** A backup that is due may take this long to begin, seconds. */
const OVERDUE = 15 * 60;
const FAILED: ReadonlySet<string> = new Set(['failed', 'walarchivingfailing']);

export const postgresBackups = defineInspection({
  id: 'postgres-backups',
  title: 'Postgres backups',
  area: 'Postgres',
  threshold: { default: 86_400, unit: 'seconds', description: 'age of the last backup that succeeded' },
  needs: ['postgresBackups'],
  inspect: ({ postgresBackups: backups, range }, threshold) => {
    if (!backups) return undefined;
    const now = range.to / 1000;
    const success = lastSuccess(backups);
    const age = success === undefined ? NaN : Math.max(0, now - success);
    const troubles = [
      ...ageTrouble(age, threshold),
      ...failureTrouble(backups, success),
      ...stateTrouble(backups, now),
    ];
    const message =
      troubles.length > 0
        ? `Backups of ${backups.cluster}: ${troubles.join('; ')} (threshold ${formatValue(threshold, 'seconds')}).`
        : `The last backup of ${backups.cluster} is ${formatValue(age, 'seconds')} old (threshold ${formatValue(threshold, 'seconds')}).`;
    return {
      health: troubles.length > 0 ? 'warning' : 'ok',
      message,
      // without any backup the age is at least as high as it may be
      value: age === age ? age : threshold,
      threshold,
      unit: 'seconds',
      instances: [],
      evidence: [promqlEvidence(queryOf(backups), range, message)],
      explanation: [
        success === undefined
          ? 'no backup has succeeded'
          : `end of the window - last success = ${formatValue(age, 'seconds')}`,
        ...backups.methods.flatMap(({ method, firstRecoverable }) =>
          firstRecoverable === undefined
            ? []
            : [
                `can be restored to any time since ${new Date(firstRecoverable * 1000).toISOString()} (${method})`,
              ],
        ),
        ...[...backups.conditions].map(
          ([type, { status, reason }]) => `${type}: ${status}${reason === '' ? '' : ` (${reason})`}`,
        ),
      ],
      columns: [],
    };
  },
});

/** By the cluster itself, else by its runs. */
function lastSuccess({ methods, runs }: PostgresBackups): number | undefined {
  const times = [
    ...methods.map(({ lastSuccessful }) => lastSuccessful ?? 0),
    ...runs
      .filter(({ status }) => /^(completed|succeeded)$/i.test(status))
      .map(({ completed }) => completed ?? 0),
  ].filter((at) => at > 0);
  return times.length > 0 ? Math.max(...times) : undefined;
}

function ageTrouble(age: number, threshold: number): readonly string[] {
  if (age !== age) return ['none has succeeded yet'];
  return age > threshold ? [`the last one that succeeded is ${formatValue(age, 'seconds')} old`] : [];
}

function failureTrouble({ lastFailed, runs, conditions }: PostgresBackups, success = 0): readonly string[] {
  const newest = runs[0];
  const failed = newest !== undefined && FAILED.has(newest.status.toLowerCase());
  if (!(lastFailed !== undefined && lastFailed > success) && !failed) return [];
  const reason = conditions.get('LastBackupSucceeded')?.reason;
  return [`the last one failed${reason ? ` (${reason})` : ''}`];
}

const CONDITIONS: Readonly<Record<string, string>> = {
  ContinuousArchiving: 'the WAL is not archived',
  ReadyForBackup: 'the cluster is not ready for backups',
  PGBackRestRepoHostReady: 'the repository host of pgBackRest is not ready',
};

function stateTrouble({ conditions, nextScheduled }: PostgresBackups, now: number): readonly string[] {
  const broken = Object.entries(CONDITIONS).flatMap(([type, text]) => {
    const condition = conditions.get(type);
    return condition?.status === 'False' ? [condition.reason ? `${text} (${condition.reason})` : text] : [];
  });
  const late = nextScheduled === undefined ? 0 : now - nextScheduled;
  return [
    ...broken,
    ...(late > OVERDUE ? [`the scheduled one is ${formatValue(late, 'seconds')} overdue`] : []),
  ];
}

function queryOf({ namespace, cluster, methods, conditions, lastFailed }: PostgresBackups): string {
  const of = (label: string) =>
    `{namespace=${JSON.stringify(namespace)},${label}=${JSON.stringify(cluster)}}`;
  if (methods.some(({ lastSuccessful }) => lastSuccessful !== undefined))
    return `time() - max(${B.lastSuccessful.name}${of('name')})`;
  if (lastFailed !== undefined) return `time() - max(${B.lastFailed.name}${of('name')})`;
  if (conditions.size > 0) return `${B.clusterStatus.name}${of('name')}`;
  return `max({__name__=~"${B.target.name}|${B.nextScheduled.name}|${B.run.name}|${B.schedule.name}",namespace=${JSON.stringify(namespace)}})`;
}
