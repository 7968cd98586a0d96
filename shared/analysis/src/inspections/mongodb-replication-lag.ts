import { formatValue } from '@gumshoe/base/units';
import { MONGODB_METRICS as M } from '@gumshoe/schema/metrics/mongodb';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredTargets, selectTarget } from './target-signals.ts';

export const mongodbReplicationLag = defineInspection({
  id: 'mongodb-replication-lag',
  title: 'MongoDB replication lag',
  area: 'MongoDB',
  threshold: { default: 30, unit: 'seconds', description: 'time a secondary is behind its primary' },
  needs: ['mongodb'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(subject.mongodb, ({ lag }) => lag),
      {
        threshold,
        unit: 'seconds',
        says: ({ name, target, state }) =>
          `Secondary ${name} of replica set ${target.replicaSet} is ${formatValue(state.value, 'seconds')} behind its primary`,
        calm: 'Every secondary keeps up with its primary.',
        formula: 'last operation applied by the primary - by the secondary',
        query: ({ target }) => `time() - ${selectTarget(target, M.lastApplied)} / 1000`,
      },
    ),
});
