import type { LogRow } from '@gumshoe/schema/tables/logs';
import type { SampleRow, StackRow } from '@gumshoe/schema/tables/profiles';
import type { TraceRow } from '@gumshoe/schema/tables/traces';

/** Takes rows at any rate, never blocks, bounds what it keeps and counts what it sheds. */
export interface RowConsumers {
  readonly spans: (rows: readonly TraceRow[]) => void;
  readonly logs: (rows: readonly LogRow[]) => void;
  readonly profiles: (stacks: readonly StackRow[], samples: readonly SampleRow[]) => void;
}
