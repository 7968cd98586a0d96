import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import {
  lastSignal,
  measuredTargets,
  selectTarget,
  signalsOf,
  sumSignal,
  type MeasuredTarget,
} from './target-signals.ts';

export const redisReplicationStatus = defineInspection({
  id: 'redis-replication-status',
  title: 'Redis replication status',
  area: 'Redis',
  threshold: { default: 0, unit: 'none', description: '1 when a replica has lost its master' },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(subject.redis, (target) =>
        sumSignal(target, R.masterLinkUp)?.map((up) => (up === up ? Number(!(up > 0)) : NaN)),
      ),
      {
        threshold,
        unit: 'none',
        says: (worst) =>
          worst.state.firing
            ? `Replica ${worst.name} is not connected to its master${masterOf(worst)}${syncing(worst, subject)}`
            : `Replica ${worst.name} is connected to its master${masterOf(worst)}`,
        formula: '1 - link to the master',
        query: ({ target }) => `1 - max(${selectTarget(target, R.masterLinkUp)})`,
      },
    ),
});

function masterOf({ target }: MeasuredTarget): string {
  const { master_host: host = '', master_port: port = '' } =
    signalsOf(target, R.masterLinkUp)[0]?.labels ?? {};
  return host === '' ? '' : ` ${host}:${port}`;
}

const syncing = ({ target }: MeasuredTarget, subject: Subject): string =>
  lastSignal(target, R.masterSyncInProgress, subject) > 0 ? ': it is copying everything anew' : '';
