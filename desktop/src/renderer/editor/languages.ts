import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import { TABLES } from '@gumshoe/schema/tables/catalogue';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { METRIC_SAMPLES } from '@gumshoe/schema/tables/metric-samples';

export const PROMQL_KEYWORDS = [
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'offset',
  'bool',
  'and',
  'or',
  'unless',
] as const;

export const PROMQL_FUNCTIONS = [
  'abs',
  'absent',
  'absent_over_time',
  'avg',
  'avg_over_time',
  'bottomk',
  'ceil',
  'changes',
  'clamp',
  'clamp_max',
  'clamp_min',
  'count',
  'count_over_time',
  'count_values',
  'day_of_week',
  'delta',
  'deriv',
  'exp',
  'floor',
  'group',
  'histogram_avg',
  'histogram_count',
  'histogram_quantile',
  'histogram_sum',
  'hour',
  'idelta',
  'increase',
  'irate',
  'label_join',
  'label_replace',
  'last_over_time',
  'ln',
  'log10',
  'log2',
  'max',
  'max_over_time',
  'min',
  'min_over_time',
  'minute',
  'predict_linear',
  'present_over_time',
  'quantile',
  'quantile_over_time',
  'rate',
  'resets',
  'round',
  'scalar',
  'sgn',
  'sort',
  'sort_desc',
  'sqrt',
  'stddev',
  'stddev_over_time',
  'sum',
  'sum_over_time',
  'time',
  'timestamp',
  'topk',
  'vector',
] as const;

export const SQL_KEYWORDS = [
  'SELECT',
  'FROM',
  'WHERE',
  'GROUP BY',
  'ORDER BY',
  'HAVING',
  'LIMIT',
  'AND',
  'OR',
  'NOT',
  'IN',
  'AS',
  'DESC',
  'ASC',
  'JOIN',
  'LEFT',
  'INNER',
  'ON',
  'USING',
  'WITH',
  'DISTINCT',
  'BETWEEN',
  'LIKE',
  'SHOW',
  'TABLES',
  'DESCRIBE',
  'count',
  'quantile',
  'sum',
  'avg',
  'now',
] as const;

/** Every metric that a collector may write. */
export const METRIC_COMPLETIONS: readonly string[] = METRICS.map((metric) => metric.name);

/** `clickhouse` on a live store; a snapshot has a table more. */
export type SqlLanguage = 'clickhouse' | 'snapshot-sql';

const namesOf = (name: string, columns: readonly { readonly name: string }[]): readonly string[] => [
  name,
  ...columns.map((column) => column.name),
];

const STORED = TABLES.flatMap(({ table: { name, columns } }) => namesOf(`${DATABASE}.${name}`, columns));

/** Tables and columns that a collector writes. */
export const SQL_NAMES: Readonly<Record<SqlLanguage, readonly string[]>> = {
  clickhouse: [...new Set(STORED)],
  'snapshot-sql': [
    ...new Set([...STORED, ...namesOf(METRIC_SAMPLES.name, METRIC_SAMPLES.columns), 'FUNCTIONS']),
  ],
};
