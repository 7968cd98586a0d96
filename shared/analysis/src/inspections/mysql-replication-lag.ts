import { formatValue } from '@gumshoe/base/units';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredTargets, selectTarget, sumSignal } from './target-signals.ts';

export const mysqlReplicationLag = defineInspection({
  id: 'mysql-replication-lag',
  title: 'MySQL replication lag',
  area: 'MySQL',
  threshold: { default: 30, unit: 'seconds', description: 'time a replica is behind its source' },
  needs: ['mysql'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(subject.mysql, (target) => sumSignal(target, M.replicationLag)),
      {
        threshold,
        unit: 'seconds',
        says: ({ name, state }) =>
          `Replica ${name} is ${formatValue(state.value, 'seconds')} behind its source`,
        calm: 'Every replica keeps up with its source.',
        formula: 'seconds behind the source',
        query: ({ target }) => `sum(${selectTarget(target, M.replicationLag)})`,
      },
    ),
});
