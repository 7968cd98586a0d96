import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import type { Subject } from './define.ts';
import { rankSignal } from './target-signals.ts';

const HOLDERS: Readonly<Record<string, string>> = {
  running_transaction: 'a long transaction',
  standby_feedback: 'a replica (hot_standby_feedback)',
  replication_slot: 'a replication slot',
  prepared_transaction: 'a prepared transaction that was never finished',
};

export interface XminHolder {
  readonly name: string;
  /** transactions */
  readonly age: number;
}

/** Who keeps vacuum from removing rows, and for how many transactions; undefined when nobody does for `least`. */
export function xminHolder(
  target: PostgresTarget,
  subject: Pick<Subject, 'window' | 'recent'>,
  least: number,
): XminHolder | undefined {
  const [oldest] = rankSignal(target, M.oldestXminAge, subject);
  if (!oldest || oldest.value < least) return undefined;
  const holder = oldest.labels.holder ?? '';
  return { name: HOLDERS[holder] ?? holder, age: oldest.value };
}
