import type { ColumnDefinition } from './define.ts';

/**
 * Raw samples of metrics as a table. No ClickHouse has it, since metrics are Prometheus's there: SQL on a snapshot does.
 * Labels are without `__name__`.
 */
export const METRIC_SAMPLES: { readonly name: string; readonly columns: readonly ColumnDefinition[] } = {
  name: 'metric_samples',
  columns: [
    { name: 'MetricName', type: 'LowCardinality(String)' },
    { name: 'Labels', type: 'Map(LowCardinality(String), String)' },
    { name: 'Timestamp', type: 'DateTime64(9)' },
    { name: 'Value', type: 'Float64' },
  ],
};
