import type { DatabaseTarget, LabelledColumn } from '@gumshoe/model/database-target';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { nameOfTarget, selectTarget, signalsOf, type MeasuredTarget } from './target-signals.ts';

interface Thread extends MeasuredTarget {
  readonly metric: { readonly name: string };
  readonly what: string;
  readonly series: readonly LabelledColumn[];
}

const THREADS = [
  { metric: M.replicationIoStatus, what: 'fetches from its source (IO thread)' },
  { metric: M.replicationSqlStatus, what: 'applies what it fetched (SQL thread)' },
] as const;

export const mysqlReplicationStatus = defineInspection({
  id: 'mysql-replication-status',
  title: 'MySQL replication status',
  area: 'MySQL',
  threshold: { default: 0, unit: 'none', description: '1 when a replication thread does not run' },
  needs: ['mysql'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      subject.mysql.flatMap((target) => THREADS.flatMap((thread) => threadOf(target, thread))),
      {
        threshold,
        unit: 'none',
        says: (worst) =>
          worst.state.firing
            ? `The thread of replica ${nameOfTarget(worst.target)} that ${worst.what} does not run${reasonOf(worst)}`
            : `Both threads of replica ${nameOfTarget(worst.target)} run`,
        formula: '1 - status of the thread',
        query: ({ target, metric }) => `1 - min(${selectTarget(target, metric)})`,
      },
    ),
});

/** A thread whose error changes gets a new series: at each time the one that is there counts. */
function threadOf(target: DatabaseTarget, { metric, what }: (typeof THREADS)[number]): readonly Thread[] {
  const series = signalsOf(target, metric);
  const [first] = series;
  if (!first) return [];
  const values = first.values.map((_, i) => {
    let stopped = NaN;
    for (const { values: status } of series) {
      const is = status[i]!;
      if (is === is && !(stopped >= 1)) stopped = is < 1 ? 1 : 0;
    }
    return stopped;
  });
  const { instance } = target;
  const name = `${nameOfTarget(target)} ${metric === M.replicationIoStatus ? 'IO' : 'SQL'}`;
  return [{ target, metric, what, series, name, values, ...(instance === undefined ? {} : { instance }) }];
}

/** What the series that stands at 0 last says. */
function reasonOf({ series }: Thread): string {
  const stopped = series
    .map(({ labels, values }) => ({ labels, at: values.findLastIndex((value) => value < 1) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => b.at - a.at)[0];
  const { last_error: error = '', state = '' } = stopped?.labels ?? {};
  if (error !== '') return `: ${error}`;
  return state === '' ? '' : `: ${state}`;
}
