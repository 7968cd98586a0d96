import type { SourcePart } from '@gumshoe/engine/ports';
import type { SqlRows, SqlTransport } from '../transports.ts';

/** A source without ClickHouse: metrics only; of spans, log records and profiles there are none. */
export class NoSqlTransport implements SqlTransport {
  async query(): Promise<SqlRows> {
    return { columns: [], rows: [], truncated: false };
  }

  async check(): Promise<SourcePart> {
    return { name: 'ClickHouse', target: '', state: 'ok', notes: ['none was given: metrics only'] };
  }

  async close(): Promise<void> {
    // nothing is open
  }
}
