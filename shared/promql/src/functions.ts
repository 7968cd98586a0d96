export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/**
 * What a function takes and gives. With `variadic` the last argument may be left out, and up to that many more of its type
 * may follow the others; -1 stands for any number (Prometheus, promql/parser/functions.go).
 */
export interface FunctionSignature {
  readonly args: readonly ValueType[];
  readonly variadic?: number;
  readonly returns: ValueType;
}

const vector: FunctionSignature = { args: ['vector'], returns: 'vector' };
const window: FunctionSignature = { args: ['matrix'], returns: 'vector' };
const calendar: FunctionSignature = { args: ['vector'], variadic: 1, returns: 'vector' };
const constant: FunctionSignature = { args: [], returns: 'scalar' };

const each = (
  names: string,
  signature: FunctionSignature,
): readonly (readonly [string, FunctionSignature])[] => names.split(' ').map((name) => [name, signature]);

/** Functions of native histograms; of floats they have no result. */
export const NATIVE_HISTOGRAM_FUNCTIONS: ReadonlySet<string> = new Set([
  'histogram_count',
  'histogram_sum',
  'histogram_avg',
  'histogram_stddev',
  'histogram_stdvar',
]);

/** Functions that the evaluator knows: those of Prometheus 3, the experimental ones included. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map([
  ...each(
    'abs ceil floor exp ln log2 log10 sqrt sgn acos acosh asin asinh atan atanh cos cosh sin sinh',
    vector,
  ),
  ...each('tan tanh deg rad absent timestamp sort sort_desc', vector),
  ...each([...NATIVE_HISTOGRAM_FUNCTIONS].join(' '), vector),
  ...each('rate irate increase delta idelta deriv changes resets', window),
  ...each('avg_over_time min_over_time max_over_time sum_over_time count_over_time', window),
  ...each('last_over_time first_over_time present_over_time absent_over_time', window),
  ...each('stddev_over_time stdvar_over_time mad_over_time', window),
  ...each('ts_of_first_over_time ts_of_last_over_time ts_of_min_over_time ts_of_max_over_time', window),
  ...each('minute hour day_of_week day_of_month day_of_year days_in_month month year', calendar),
  ...each('time pi start end range step', constant),
  ['quantile_over_time', { args: ['scalar', 'matrix'], returns: 'vector' }],
  ['predict_linear', { args: ['matrix', 'scalar'], returns: 'vector' }],
  ['double_exponential_smoothing', { args: ['matrix', 'scalar', 'scalar'], returns: 'vector' }],
  ['histogram_quantile', { args: ['scalar', 'vector'], returns: 'vector' }],
  ['histogram_quantiles', { args: ['vector', 'string', 'scalar', 'scalar'], variadic: 9, returns: 'vector' }],
  ['histogram_fraction', { args: ['scalar', 'scalar', 'vector'], returns: 'vector' }],
  ['clamp', { args: ['vector', 'scalar', 'scalar'], returns: 'vector' }],
  ['clamp_min', { args: ['vector', 'scalar'], returns: 'vector' }],
  ['clamp_max', { args: ['vector', 'scalar'], returns: 'vector' }],
  ['round', { args: ['vector', 'scalar'], variadic: 1, returns: 'vector' }],
  ['scalar', { args: ['vector'], returns: 'scalar' }],
  ['vector', { args: ['scalar'], returns: 'vector' }],
  ['label_replace', { args: ['vector', 'string', 'string', 'string', 'string'], returns: 'vector' }],
  ['label_join', { args: ['vector', 'string', 'string', 'string'], variadic: -1, returns: 'vector' }],
  ['sort_by_label', { args: ['vector', 'string'], variadic: -1, returns: 'vector' }],
  ['sort_by_label_desc', { args: ['vector', 'string'], variadic: -1, returns: 'vector' }],
  ['info', { args: ['vector', 'vector'], variadic: 1, returns: 'vector' }],
]);

/** Names that Prometheus has changed: the old one is refused and the new one named. */
export const RENAMED: ReadonlyMap<string, string> = new Map([
  ['holt_winters', 'double_exponential_smoothing'],
]);
