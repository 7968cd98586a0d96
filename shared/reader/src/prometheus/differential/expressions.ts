import { END, START } from './corpus.ts';
import type { Random } from './random.ts';

/** Generated PromQL. Where Prometheus 2 needs other words for the same thing, `theirs` has them. */
export interface Expression {
  readonly ours: string;
  readonly theirs: string;
  /** Which series of equal value rank first is not defined; only values can be compared. */
  readonly ties?: boolean;
}

const SERVICE = ['job', 'instance', 'code'];
const METRICS: readonly (readonly [string, readonly string[]])[] = [
  ['requests_total', SERVICE],
  ['requests_total', SERVICE],
  ['requests_copy', SERVICE],
  ['memory_bytes', ['job', 'instance']],
  ['memory_bytes', ['job', 'instance']],
  ['state', ['job', 'instance']],
  ['owner_info', ['job', 'team']],
  ['limit_bytes', ['job']],
  ['odd', ['kind']],
  ['fast', []],
  ['sparse', []],
  ['stale_metric', ['side']],
  ['rollout', ['app', 'version']],
  ['partner', ['app']],
  ['latency_bucket', ['path', 'le']],
  ['latency_count', ['path']],
  ['nothing', ['job']],
];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  job: ['api', 'db', 'web'],
  instance: ['a:1', 'b:1', 'c:2'],
  code: ['200', '404', '500'],
  team: ['team-api', 'team-db'],
  kind: ['constant', 'zero', 'nan', 'infinite', 'sometimesNan', 'rising', 'negative'],
  side: ['x', 'y'],
  app: ['shop'],
  version: ['1', '2'],
  path: ['/', '/cart', '/broken', '/open'],
  le: ['0.5', '1', '+Inf'],
};
const LABELS = Object.keys(VALUES);
const RANGES = ['30s', '47s', '1m', '100s', '3m', '5m', '11m', '1m30s'];
const OVER_TIME = ['avg', 'min', 'max', 'sum', 'count', 'last', 'present', 'stddev', 'stdvar', 'absent'];
const RANGE_FUNCTIONS = [
  ...['rate', 'increase', 'irate', 'delta', 'idelta', 'deriv', 'resets', 'changes'],
  ...OVER_TIME.map((name) => `${name}_over_time`),
];
const MATH = [
  ...['abs', 'ceil', 'floor', 'exp', 'ln', 'log2', 'log10', 'sqrt', 'sgn', 'atan'],
  ...['sinh', 'tanh', 'asinh', 'acosh', 'atanh', 'asin', 'acos', 'deg', 'rad', 'timestamp'],
];
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'];
const COMPARISON = ['==', '!=', '>', '<', '>=', '<='];
const NUMBERS = ['0', '1', '2', '3.5', '-1', '0.25', '1e3', '100', 'Inf', 'NaN', '-Inf', '0x1F', '10000'];

const STRAY = [
  ...['(', ')', '{', '}', '[5m]', '[1m:]', ',', '=', '==', '=~', 'by', 'on', 'bool', 'offset', '@', 'end()'],
  ...['sum', 'rate', 'and', 'group_left', '"text"', '-', '+', '5m', '1', 'job', 'without (job)', 'up{}', '#'],
  ...['"\\d"', "'x\\\\'", '"open', '`a\\d`', '_', '1e', '0x', 'Inf', '1.5m'],
];

export class Generator {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  expression(): Expression {
    const { random } = this;
    const draw = random.next();
    const ties = draw < 0.05;
    const text = ties ? this.ranked() : draw < 0.09 ? this.scalar(2) : this.vector(random.whole(1, 3));
    const theirs = text.replaceAll('double_exponential_smoothing', 'holt_winters');
    return { ours: text, theirs, ...(ties ? { ties } : {}) };
  }

  /** Ranges whose edges are samples: Prometheus 2 has to look a millisecond less far to see what Prometheus 3 sees. */
  onEdges(): Expression {
    const { random } = this;
    const name = random.pick(['avg', 'min', 'max', 'sum', 'count', 'last', 'present', 'stddev', 'stdvar']);
    const seconds = random.whole(1, 8) * 15;
    const offset = random.chance(0.3) ? ` offset ${random.whole(1, 4) * 15}s` : '';
    const wrap = (range: string): string => `${name}_over_time(aligned[${range}]${offset})`;
    return { ours: wrap(`${seconds}s`), theirs: wrap(`${seconds * 1000 - 1}ms`) };
  }

  /** An expression with a mistake, as people and programs make them: a token lost, doubled, moved or replaced. */
  mistaken(): Expression {
    const { random } = this;
    const tokens = this.vector(2).match(/"[^"]*"|[\w:.]+|\s+|[=!~<>]+|./g) ?? [];
    for (let n = random.whole(1, 2); n > 0; n--) {
      const at = random.whole(0, tokens.length - 1);
      const other = random.whole(0, tokens.length - 1);
      random.pick([
        () => tokens.splice(at, 1),
        () => tokens.splice(at, 0, tokens[at]!),
        () => ([tokens[at], tokens[other]] = [tokens[other]!, tokens[at]!]),
        () => (tokens[at] = tokens[other]!),
        () => (tokens[at] = random.pick(STRAY)),
      ])();
    }
    const text = tokens.join('');
    return { ours: text, theirs: text.replaceAll('double_exponential_smoothing', 'holt_winters') };
  }

  private metric(): readonly [string, readonly string[]] {
    return this.random.pick(METRICS);
  }

  private selector([name, labels]: readonly [string, readonly string[]]): string {
    const { random } = this;
    if (random.chance(0.03)) return '{__name__=~"requests_total|requests_copy",job="api"}';
    const matchers = random.some(labels, random.chance(0.5) ? 0 : 2).map((label) => this.matcher(label));
    return `${name}${matchers.length > 0 ? `{${matchers.join(',')}}` : ''}`;
  }

  private matcher(label: string): string {
    const { random } = this;
    const [one, other] = [random.pick(VALUES[label]!), random.pick(VALUES[label]!)];
    return random.pick([
      `${label}="${one}"`,
      `${label}!="${one}"`,
      `${label}=~"${one.replace(/[+.?]/g, '\\\\$&')}|${other.replace(/[+.?]/g, '\\\\$&')}"`,
      `${label}=~".*${random.pick(['a', '1', '0', 'b'])}.*"`,
      `${label}!~"[abc].*"`,
      `${label}!=""`,
    ]);
  }

  private modifiers(half = false): string {
    const { random } = this;
    const parts: string[] = [];
    if (random.chance(0.12)) parts.push(`offset ${random.pick(['1m', '45s', '-1m', '-20s', '7m'])}`);
    const second = Math.floor(START / 1000 + random.next() * ((END - START) / 1000));
    if (random.chance(0.08))
      parts.push(random.pick(['@ start()', '@ end()', `@ ${second}${half ? '.5' : ''}`]));
    if (random.chance(0.5)) parts.reverse();
    return parts.map((part) => ` ${part}`).join('');
  }

  private range(depth: number, nested = false): string {
    const { random } = this;
    if (depth > 0 && random.chance(0.25)) {
      const step = random.pick(['', '13s', '30s', '1m', '37s']);
      const inside = this.vector(depth - 1, true);
      // An inner subquery would look at the instants of the outer one, which lie on its edges.
      const offset = nested ? ' offset 250ms' : this.modifiers(true);
      return `(${inside})[${random.pick(['2m', '5m', '170s', '10m'])}:${step}]${offset}`;
    }
    return `${this.selector(this.metric())}[${random.pick(RANGES)}]${this.modifiers()}`;
  }

  scalar(depth: number): string {
    const { random } = this;
    const draw = random.next();
    if (depth === 0 || draw < 0.6) return random.pick(NUMBERS);
    if (draw < 0.7) return `scalar(${this.vector(depth - 1)})`;
    if (draw < 0.75) return random.pick(['time()', 'pi()']);
    if (draw < 0.85)
      return `(${this.scalar(depth - 1)} ${random.pick(COMPARISON)} bool ${this.scalar(depth - 1)})`;
    if (draw < 0.93)
      return `(${this.scalar(depth - 1)} ${random.pick(ARITHMETIC)} ${this.scalar(depth - 1)})`;
    // Signs and precedence, without parentheses.
    const chain = Array.from(
      { length: random.whole(2, 4) },
      () => `${random.pick(['', '', '-', '+'])}${random.pick(['2', '3', '0.5', 'time()'])}`,
    );
    return `(${chain.reduce((text, one) => `${text}${random.pick([' ', ''])}${random.pick(ARITHMETIC)} ${one}`)})`;
  }

  vector(depth: number, nested = false): string {
    const { random } = this;
    const draw = random.next();
    if (depth === 0 || draw < 0.12) return this.selector(this.metric()) + this.modifiers();
    if (draw < 0.34) return this.overRange(depth, nested);
    if (draw < 0.54) return this.aggregation(depth, nested);
    if (draw < 0.76) return this.binary(depth, nested);
    if (draw < 0.8) return `${random.pick(['-', '+'])}${this.selector(this.metric())}`;
    return this.call(depth, nested);
  }

  private overRange(depth: number, nested: boolean): string {
    const { random } = this;
    const draw = random.next();
    if (draw < 0.25) return `${random.pick(['rate', 'increase'])}(${this.counterRange()})`;
    const range = this.range(depth, nested);
    if (draw < 0.31)
      return `quantile_over_time(${random.pick(['0.5', '0.9', '0', '1', '-1', '2'])}, ${range})`;
    if (draw < 0.36) return `predict_linear(${range}, ${random.pick(['60', '600', '-30'])})`;
    if (draw < 0.4) return `double_exponential_smoothing(${range}, 0.${random.whole(1, 9)}, 0.3)`;
    return `${random.pick(RANGE_FUNCTIONS)}(${range})`;
  }

  /** Counters that start high: what Prometheus 2 and 3 extrapolate to zero does not differ. */
  private counterRange(): string {
    const name = this.random.pick(['requests_total', 'requests_copy', 'latency_count', 'latency_sum']);
    const found = METRICS.find(([metric]) => metric === name);
    return `${this.selector(found ?? [name, ['path']])}[${this.random.pick(RANGES)}]${this.modifiers()}`;
  }

  private grouping(): string {
    const { random } = this;
    const draw = random.next();
    if (draw < 0.3) return '';
    const labels = random.some(random.chance(0.7) ? SERVICE : LABELS, 2).join(', ');
    return `${random.pick(['by', 'by', 'without'])} (${labels}) `;
  }

  private aggregation(depth: number, nested: boolean): string {
    const { random } = this;
    const inner = this.vector(depth - 1, nested);
    const draw = random.next();
    if (draw < 0.1)
      return `quantile ${this.grouping()}(${random.pick(['0.5', '0.3', '1', '0', '-1', '1.5'])}, ${inner})`;
    if (draw < 0.16)
      return `count_values ${this.grouping()}("${random.pick(['v', 'job'])}", ${this.stable()})`;
    if (draw < 0.22) return `count(${random.pick(['topk', 'bottomk'])}(${random.whole(0, 3)}, ${inner}))`;
    return `${random.pick(AGGREGATIONS)} ${this.grouping()}(${inner})`;
  }

  /** Values without rounding, which become labels. */
  private stable(): string {
    return this.random.pick([
      'state',
      'odd',
      'state{job="api"}',
      'floor(limit_bytes)',
      'sparse',
      'odd{kind="tiny"}',
    ]);
  }

  ranked(): string {
    const { random } = this;
    return `${random.pick(['topk', 'bottomk'])} ${this.grouping()}(${random.whole(0, 4)}, ${this.vector(1)})`;
  }

  private matching(group: boolean): string {
    const { random } = this;
    const labels = random.some(random.chance(0.8) ? SERVICE : LABELS, 2);
    const on = random.chance(0.6);
    const clause = `${on ? 'on' : 'ignoring'} (${labels.join(', ')})`;
    if (!group || random.chance(0.4)) return clause;
    const lent = random.chance(0.5) ? `(${random.pick(['team', 'version', 'code', 'job'])})` : '';
    return `${clause} ${random.pick(['group_left', 'group_right'])} ${lent}`;
  }

  private binary(depth: number, nested: boolean): string {
    const { random } = this;
    const draw = random.next();
    const operator = random.chance(0.5) ? random.pick(ARITHMETIC) : random.pick(COMPARISON);
    const bool = COMPARISON.includes(operator) && random.chance(0.4) ? ' bool' : '';
    // Prometheus 2.42 forgets to drop the name here.
    const bare = (operand: string): string => (operator === 'atan2' ? `abs(${operand})` : operand);
    if (draw < 0.3) {
      const sides = [bare(this.vector(depth - 1, nested)), this.scalar(1)];
      if (random.chance(0.4)) sides.reverse();
      return `(${sides[0]}) ${operator}${bool} (${sides[1]})`;
    }
    if (draw < 0.5) {
      const set = random.pick(['and', 'or', 'unless']);
      const matching = random.chance(0.6) ? this.matching(false) : '';
      return `(${this.vector(depth - 1, nested)}) ${set} ${matching} (${this.vector(depth - 1, nested)})`;
    }
    if (draw < 0.75) return this.join(operator, bool);
    const matching = random.chance(0.6) ? this.matching(true) : '';
    const sides = [bare(this.vector(depth - 1, nested)), bare(this.vector(depth - 1, nested))];
    return `(${sides[0]}) ${operator}${bool} ${matching} (${sides[1]})`;
  }

  /** Operands that fit each other, so that more than errors is compared. */
  private join(operator: string, bool: string): string {
    const { random } = this;
    if (operator === 'atan2')
      return 'rate(requests_total[2m]) atan2 ignoring (code) group_left abs(memory_bytes)';
    const service = ['requests_total', 'rate(requests_total[2m])', 'requests_copy'];
    const instance = [
      'memory_bytes',
      'sum by (job, instance) (requests_total)',
      'state',
      'delta(memory_bytes[3m])',
    ];
    const job = ['limit_bytes', 'owner_info', 'sum by (job) (memory_bytes)'];
    const one = random.pick([
      () => `${random.pick(service)} ${operator}${bool} ${random.pick(service)}`,
      () => `${random.pick(instance)} ${operator}${bool} ${random.pick(instance)}`,
      () =>
        `${random.pick(service)} ${operator}${bool} on (job, instance) group_left ${random.pick(instance)}`,
      () => `${random.pick(instance)} ${operator}${bool} on (job) group_left (team) ${random.pick(job)}`,
      () => `${random.pick(job)} ${operator}${bool} on (job) group_right (team) ${random.pick(instance)}`,
      () => `${random.pick(service)} ${operator}${bool} ignoring (code) group_left ${random.pick(instance)}`,
      () => `rollout ${operator}${bool} ignoring (version) partner`,
      () => `partner ${operator}${bool} on (app) group_right (version) rollout`,
      () => `rollout{version="1"} ${operator}${bool} on (app) rollout{version="2"}`,
    ]);
    return one();
  }

  private call(depth: number, nested: boolean): string {
    const { random } = this;
    const inner = this.vector(depth - 1, nested);
    const label = random.pick(LABELS);
    return random.pick([
      () => `${random.pick(MATH)}(${inner})`,
      () => `${random.pick(MATH)}(${inner})`,
      // Of large numbers these would show nothing but the rounding of their argument.
      () => `${random.pick(['sin', 'cos', 'tan'])}(clamp(${inner}, -1.5, 1.5))`,
      () => `round(${inner}, ${random.pick(['1', '5', '0.1', '-2'])})`,
      () => `clamp(${inner}, ${random.pick(NUMBERS)}, ${random.pick(NUMBERS)})`,
      () => `${random.pick(['clamp_min', 'clamp_max'])}(${inner}, ${this.scalar(1)})`,
      () => `absent(${inner})`,
      () => `histogram_quantile(${this.share()}, ${this.buckets()})`,
      () => `histogram_quantile(${this.share()}, ${inner})`,
      () =>
        `label_replace(${inner}, "${random.pick([...LABELS, 'made'])}", "x-$1", "${label}", "(.*)[ab01].*")`,
      () => `label_join(${inner}, "${random.pick([...LABELS, 'made'])}", "-", "job", "${label}")`,
      () => `vector(${this.scalar(depth - 1)})`,
      () => `${random.pick(['sort', 'sort_desc'])}(${inner})`,
      () =>
        `${random.pick(['hour', 'minute', 'month', 'year', 'day_of_week', 'day_of_month', 'day_of_year', 'days_in_month'])}(${random.pick(['', 'memory_bytes * 1e5', 'timestamp(state)', 'limit_bytes * 3e5'])})`,
    ])();
  }

  private readonly share = (): string =>
    this.random.pick(['0.5', '0.9', '0.99', '0', '1', '-1', '1.2', 'NaN', '0.25']);

  private buckets(): string {
    const { random } = this;
    return random.pick([
      'latency_bucket',
      'rate(latency_bucket[3m])',
      'sum by (le) (rate(latency_bucket[5m]))',
      'sum by (path, le) (latency_bucket)',
      'latency_bucket{path!="/open"}',
      'delta(latency_bucket{path="/broken"}[4m])',
    ]);
  }
}
