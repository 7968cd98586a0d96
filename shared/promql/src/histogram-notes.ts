// What Prometheus says of native histograms besides the result, in its words (util/annotations).
const quoted = (text: string): string => JSON.stringify(text);

const ofMetric = (metric: string): string => (metric === '' ? '' : ` for metric name ${quoted(metric)}`);

/** What is combined, as annotations name it. */
export type Combination = 'addition' | 'subtraction' | 'aggregation';

export const mixedWithFloats = (metric: string): string =>
  `encountered a mix of histograms and floats for metric name ${quoted(metric)}`;

export const MIXED_IN_AGGREGATION = 'encountered a mix of histograms and floats for aggregation';

export const mixedClassicNative = (metric: string): string =>
  `vector contains a mix of classic and native histograms${ofMetric(metric)}`;

export const notCounter = (metric: string): string =>
  `this native histogram metric is not a counter: ${quoted(metric)}`;

export const notGauge = (metric: string): string =>
  `this native histogram metric is not a gauge: ${quoted(metric)}`;

export const mixedSchemas = (metric: string): string =>
  `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${quoted(metric)}`;

export const incompatibleLayouts = (op: string): string =>
  `incompatible bucket layout encountered for binary operator ${op}`;

export const hintsCollide = (during: Combination): string =>
  `conflicting counter resets during histogram ${during}`;

export const incompatibleTypes = (left: string, op: string, right: string): string =>
  `incompatible sample types encountered for binary operator ${quoted(op)}: ${left} ${op} ${right}`;

export const ignoredInAggregation = (op: string): string => `ignored histogram in ${op} aggregation`;

export const ignoredInRange = (metric: string): string =>
  `ignored histograms in a range containing both floats and histograms for metric name ${quoted(metric)}`;

export const boundsReconciled = (during: Combination): string =>
  `mismatched custom buckets were reconciled during ${during}`;

export const quantileIsNan = (metric: string): string =>
  `input to histogram_quantile has NaN observations, result is NaN${ofMetric(metric)}`;

export const quantileIsSkewed = (metric: string): string =>
  `input to histogram_quantile has NaN observations, result is skewed higher${ofMetric(metric)}`;

export const fractionHasNans = (metric: string): string =>
  `input to histogram_fraction has NaN observations, which are excluded from all fractions${ofMetric(metric)}`;
