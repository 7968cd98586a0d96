/** Part of the date of a time in seconds, UTC. Times outside of JavaScript's dates have none. */
const date = (part: (at: Date) => number) => (seconds: number) => part(new Date(Math.trunc(seconds) * 1000));

/** Go's math.Max and math.Min: an infinity that decides does so even against NaN. */
const larger = (a: number, b: number): number =>
  a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
const smaller = (a: number, b: number): number =>
  a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);

/** Functions of one sample (and further scalars). */
export const MATH_FUNCTIONS: ReadonlyMap<string, (value: number, first: number, second: number) => number> =
  new Map(
    Object.entries<(value: number, first: number, second: number) => number>({
      abs: Math.abs,
      ceil: Math.ceil,
      floor: Math.floor,
      sqrt: Math.sqrt,
      exp: Math.exp,
      ln: Math.log,
      log2: Math.log2,
      log10: Math.log10,
      sgn: (value) => (value > 0 ? 1 : value < 0 ? -1 : value),
      sin: Math.sin,
      cos: Math.cos,
      tan: Math.tan,
      asin: Math.asin,
      acos: Math.acos,
      atan: Math.atan,
      sinh: Math.sinh,
      cosh: Math.cosh,
      tanh: Math.tanh,
      asinh: Math.asinh,
      acosh: Math.acosh,
      atanh: Math.atanh,
      deg: (value) => (value * 180) / Math.PI,
      rad: (value) => (value * Math.PI) / 180,
      round: (value, to) => {
        const inverse = 1 / to;
        return Math.floor(value * inverse + 0.5) / inverse;
      },
      clamp: (value, low, high) => larger(low, smaller(high, value)),
      clamp_min: (value, low) => larger(low, value),
      clamp_max: (value, high) => smaller(high, value),
      day_of_month: date((at) => at.getUTCDate()),
      day_of_week: date((at) => at.getUTCDay()),
      day_of_year: date(
        (at) => Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1,
      ),
      days_in_month: date((at) =>
        new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate(),
      ),
      hour: date((at) => at.getUTCHours()),
      minute: date((at) => at.getUTCMinutes()),
      month: date((at) => at.getUTCMonth() + 1),
      year: date((at) => at.getUTCFullYear()),
    }),
  );

/** Of those, the ones that read the query's time when called without an argument. */
export const DATE_FUNCTIONS: ReadonlySet<string> = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
]);
