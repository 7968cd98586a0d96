import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import type { ProbeContext } from '../define.ts';

/** One row of SHOW REPLICA STATUS, or of SHOW SLAVE STATUS. */
export type ReplicaRow = Readonly<Record<string, unknown>>;

/** Old and new names of a column: Slave_IO_Running is Replica_IO_Running, Master_UUID is Source_UUID. */
function field(row: ReplicaRow, name: string): string {
  const former = name.replace('Replica', 'Slave').replace('Source', 'Master');
  const value = row[name] ?? row[former];
  return value === undefined || value === null ? '' : String(value as string | number);
}

/** Whether both threads of a replica run and how far it is behind, for each of its sources. */
export function emitReplicas(context: ProbeContext, rows: readonly ReplicaRow[]): void {
  for (const row of rows) {
    const source = {
      source_server_id: field(row, 'Source_Server_Id'),
      source_server_uuid: field(row, 'Source_UUID'),
    };
    const thread = (name: 'IO' | 'SQL', state: string) => ({
      ...source,
      state,
      last_error: field(row, `Last_${name}_Error`).slice(0, 200),
    });
    const runs = (name: 'IO' | 'SQL'): number => Number(field(row, `Replica_${name}_Running`) === 'Yes');
    context.emit(M.replicationIoStatus, runs('IO'), thread('IO', field(row, 'Replica_IO_State')));
    const applying = field(row, 'Replica_SQL_Running_State');
    context.emit(M.replicationSqlStatus, runs('SQL'), thread('SQL', applying));
    // NULL while the threads do not run
    const lag = field(row, 'Seconds_Behind_Source');
    if (lag !== '') context.emit(M.replicationLag, Number(lag), source);
  }
}
