import { isFloat, typed, type Typed } from './types.ts';

/** Only rows for which a condition holds; '' for all. */
type Filter = string;

export interface AggregateFunction {
  readonly least: number;
  readonly most: number;
  /** How many parameters may stand before the arguments: of `quantile(0.9)(x)` one. */
  readonly parameters: number;
  /** `args` are SQLite's with DISTINCT in front of the first where that was asked. @throws RangeError */
  readonly translate: (args: readonly Typed[], parameters: readonly Typed[], filter: Filter) => Typed;
}

const AGGREGATES = new Map<string, AggregateFunction & { readonly name: string }>();

type Translate = (filter: Filter, args: readonly Typed[], parameters: readonly Typed[]) => Typed;

function define(
  names: string,
  args: number | readonly [number, number],
  translate: Translate,
  parameters = 0,
): void {
  const [least, most] = typeof args === 'number' ? [args, args] : args;
  for (const name of names.split(' '))
    AGGREGATES.set(name.toLowerCase(), {
      ...{ name, least, most, parameters },
      translate: (all, given, filter) => translate(filter, all, given),
    });
}

export const aggregateFunction = (name: string): AggregateFunction | undefined =>
  AGGREGATES.get(name.toLowerCase());
export const aggregateNames = (): readonly string[] => [...AGGREGATES.values()].map(({ name }) => name);

const first = (args: readonly Typed[]): Typed => args[0]!;
const sumType = ({ type }: Typed): string =>
  isFloat(type) ? 'Float64' : type.startsWith('U') ? 'UInt64' : 'Int64';

function level(of: Typed | undefined, otherwise: number): number {
  const value = Number(of?.literal ?? otherwise);
  if (!(value >= 0 && value <= 1)) throw new RangeError('the level of a quantile is a number from 0 to 1');
  return value;
}

define('count', [0, 1], (filter, args) => typed('UInt64', `count(${args[0]?.sql ?? '*'})${filter}`));
define('sum', 1, (filter, args) =>
  typed(sumType(first(args)), `coalesce(sum(${first(args).sql})${filter}, 0)`),
);
define('avg', 1, (filter, args) => typed('Float64', `avg(${first(args).sql})${filter}`));
for (const name of ['min', 'max'])
  define(name, 1, (filter, args) => typed(first(args).type, `${name}(${first(args).sql})${filter}`));
define('any first_value', 1, (filter, args) => typed(first(args).type, `anyOf(${first(args).sql})${filter}`));
for (const name of ['anyLast', 'last_value'])
  define(name, 1, (filter, args) => typed(first(args).type, `anyLast(${first(args).sql})${filter}`));
for (const name of ['argMin', 'argMax'])
  define(name, 2, (filter, [of, by]) => typed(of!.type, `${name}(${of!.sql}, ${by!.sql})${filter}`));
define('uniq uniqExact uniqCombined uniqCombined64 uniqHLL12', [1, 20], (filter, args) => {
  const key = args.length === 1 ? first(args).sql : `json_array(${args.map(({ sql }) => sql).join(', ')})`;
  return typed('UInt64', `count(DISTINCT ${key})${filter}`);
});

// all of them interpolate between the two nearest, as `quantile` does; the approximate ones are exact here
define(
  'quantile quantileTDigest quantileTiming quantileBFloat16 quantileDD quantileInterpolatedWeighted quantileExactInclusive',
  1,
  (filter, args, [at]) => typed('Float64', `percentile_cont(${first(args).sql}, ${level(at, 0.5)})${filter}`),
  1,
);
define('median medianTDigest', 1, (filter, args) => typed('Float64', `median(${first(args).sql})${filter}`));
define(
  'quantileExact medianExact',
  1,
  (filter, args, [at]) =>
    typed(first(args).type, `quantileExact(${first(args).sql}, ${level(at, 0.5)})${filter}`),
  1,
);
define(
  'quantiles quantilesTDigest quantilesTiming',
  1,
  (filter, args, levels) =>
    typed(
      'Array(Float64)',
      `json_array(${(levels.length > 0 ? levels : [undefined])
        .map((at) => `percentile_cont(${first(args).sql}, ${level(at, 0.5)})${filter}`)
        .join(', ')})`,
    ),
  20,
);
for (const name of ['stddevPop', 'stddevSamp', 'varPop', 'varSamp'])
  define(name, 1, (filter, args) => typed('Float64', `${name}(${first(args).sql})${filter}`));
define('corr', 2, (filter, args) =>
  typed('Float64', `corr(${args.map(({ sql }) => sql).join(', ')})${filter}`),
);
for (const name of ['groupArray', 'groupUniqArray'])
  define(
    name,
    1,
    (filter, args, [most]) =>
      typed(
        `Array(${first(args).type})`,
        `${name}(${first(args).sql}${most ? `, ${most.sql}` : ''})${filter}`,
      ),
    1,
  );
define(
  'topK approx_top_k',
  1,
  (filter, args, [most]) => {
    const count = Number(most?.literal ?? 10);
    if (!(Number.isInteger(count) && count > 0))
      throw new RangeError('topK needs a whole number: topK(5)(x)');
    return typed(`Array(${first(args).type})`, `topK(${first(args).sql}, ${count})${filter}`);
  },
  1,
);
