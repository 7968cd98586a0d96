export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** What a function takes and gives. `optional` arguments follow the required ones; the last may repeat. */
export interface FunctionSignature {
  readonly args: readonly ValueType[];
  readonly optional?: readonly ValueType[];
  readonly variadic?: boolean;
  readonly returns: ValueType;
}

const vector: FunctionSignature = { args: ['vector'], returns: 'vector' };
const window: FunctionSignature = { args: ['matrix'], returns: 'vector' };
const calendar: FunctionSignature = { args: [], optional: ['vector'], returns: 'vector' };

const each = (
  names: string,
  signature: FunctionSignature,
): readonly (readonly [string, FunctionSignature])[] => names.split(' ').map((name) => [name, signature]);

/** Functions that the evaluator knows, with Prometheus's signatures (promql/parser/functions.go). */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map([
  ...each(
    'abs ceil floor exp ln log2 log10 sqrt sgn acos acosh asin asinh atan atanh cos cosh sin sinh',
    vector,
  ),
  ...each('tan tanh deg rad absent timestamp sort sort_desc', vector),
  ...each('rate irate increase delta idelta deriv changes resets', window),
  ...each(
    'avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time ts_of_last_over_time',
    window,
  ),
  ...each('first_over_time present_over_time stddev_over_time stdvar_over_time absent_over_time', window),
  ...each('minute hour day_of_week day_of_month day_of_year days_in_month month year', calendar),
  ['quantile_over_time', { args: ['scalar', 'matrix'], returns: 'vector' }],
  ['predict_linear', { args: ['matrix', 'scalar'], returns: 'vector' }],
  ['histogram_quantile', { args: ['scalar', 'vector'], returns: 'vector' }],
  ['clamp', { args: ['vector', 'scalar', 'scalar'], returns: 'vector' }],
  ['clamp_min', { args: ['vector', 'scalar'], returns: 'vector' }],
  ['clamp_max', { args: ['vector', 'scalar'], returns: 'vector' }],
  ['round', { args: ['vector'], optional: ['scalar'], returns: 'vector' }],
  ['scalar', { args: ['vector'], returns: 'scalar' }],
  ['vector', { args: ['scalar'], returns: 'vector' }],
  ['time', { args: [], returns: 'scalar' }],
  ['pi', { args: [], returns: 'scalar' }],
  ['label_replace', { args: ['vector', 'string', 'string', 'string', 'string'], returns: 'vector' }],
  [
    'label_join',
    { args: ['vector', 'string', 'string'], optional: ['string'], variadic: true, returns: 'vector' },
  ],
]);
