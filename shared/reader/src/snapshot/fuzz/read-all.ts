import { FailureError } from '@gumshoe/base/failure';
import { gridOver, MINUTE } from '@gumshoe/base/time';
import { SnapshotFile } from '../database.ts';
import { openSnapshot } from '../reader.ts';
import { answerSql } from '../sql/answer.ts';
import { SNAPSHOT_TABLES } from '../sql/tables.ts';
import { planQuery } from '../sql/translate-query.ts';
import { verifySnapshot } from '../verify.ts';
import { BASE_RANGE as range } from './base.ts';

/** Asks a file everything. `opened`, or `refused` in words; anything else that is thrown is a crash. */
export async function readAll(path: string): Promise<'opened' | 'refused'> {
  try {
    const file = new SnapshotFile(path);
    try {
      verifySnapshot(file);
    } finally {
      file.close();
    }
    const reader = openSnapshot(path);
    try {
      const names = reader.metricNames();
      await reader.series(names, range);
      await reader.queryRange('count({__name__=~"container_.*"})', gridOver(range, MINUTE));
      await reader.spans({ range, order: 'slowest', limit: 100 });
      await reader.trace('0'.repeat(32));
      await reader.logs({ range, limit: 100, contains: 'request' });
      await reader.profile({ range, serviceName: 'service-0', type: 'ebpf:cpu:nanoseconds' });
      // in this process, so that it is this one's time and memory that count
      for (const { name } of SNAPSHOT_TABLES)
        answerSql(path, planQuery(`SELECT * FROM ${name} ORDER BY 1 LIMIT 10`, range.to), 10);
      reader.configuration();
      await reader.status();
      await reader.extent();
    } finally {
      await reader.close();
    }
    return 'opened';
  } catch (error) {
    if (error instanceof FailureError && error.failure.reason !== '') return 'refused';
    throw error;
  }
}
