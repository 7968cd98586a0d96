import type { Expression } from './expressions.ts';
import type { Random } from './random.ts';

const COUNTERS: readonly (readonly [string, readonly string[]])[] = [
  ['duration_seconds', ['job="api"', 'job="db"', 'instance="a:1"', 'instance!="a:1"']],
  [
    'spread',
    ['both', 'negative', 'zeros', 'coarse', 'fine', 'coarser', 'stale', 'gaps'].map(
      (kind) => `kind="${kind}"`,
    ),
  ],
];
const GAUGE = 'queue{side="x"}';
const RANGES = ['1m', '100s', '3m', '5m', '11m'];
const SHARES = ['0', '0.01', '0.25', '0.5', '0.77', '0.9', '0.99', '1', '-1', '2', 'NaN'];
/** Bounds of buckets of every schema in the corpus, so that nothing is interpolated but in zero buckets. */
const EDGES = ['-Inf', '-16', '-1', '0', '0.0625', '1', '16', '+Inf'];

/**
 * Expressions over native histograms. Prometheus 2.42 knows few operations on them; of others it is asked what must be the
 * same for counts and sums, which are linear: `histogram_count(h * 2)` is `histogram_count(h) * 2`.
 */
export class HistogramGenerator {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  expression(): Expression {
    const { random } = this;
    const draw = random.next();
    if (draw < 0.35) return this.linear();
    const text = draw < 0.7 ? this.float(random.whole(1, 2)) : this.histogram(2);
    return { ours: text, theirs: text };
  }

  private selector(): string {
    const { random } = this;
    if (random.chance(0.1)) return GAUGE;
    const [name, matchers] = random.pick(COUNTERS);
    return random.chance(0.6) ? `${name}{${random.pick(matchers)}}` : name;
  }

  private modifier(): string {
    const { random } = this;
    return random.chance(0.15) ? ` offset ${random.pick(['1m', '45s', '-1m', '7m'])}` : '';
  }

  private range(selector = this.selector()): string {
    return `${selector}[${this.random.pick(RANGES)}]${this.modifier()}`;
  }

  private grouping(): string {
    return this.random.pick(['', 'by (job) ', 'by (kind) ', 'without (instance) ', 'by (job, instance) ']);
  }

  private rate(): string {
    const { random } = this;
    if (random.chance(0.2)) return `delta(${this.range()})`;
    const [name, matchers] = random.pick(COUNTERS);
    const selector = random.chance(0.6) ? `${name}{${random.pick(matchers)}}` : name;
    return `${random.pick(['rate', 'increase'])}(${this.range(selector)})`;
  }

  private histogram(depth: number): string {
    const { random } = this;
    const draw = random.next();
    if (depth === 0 || draw < 0.2) return this.selector() + this.modifier();
    if (draw < 0.5) return this.rate();
    if (draw < 0.7) return `sum ${this.grouping()}(${this.histogram(depth - 1)})`;
    if (draw < 0.85) {
      const one = this.histogram(depth - 1);
      return `(${one}) + (${random.chance(0.5) ? one : this.histogram(depth - 1)})`;
    }
    return `(${this.histogram(depth - 1)}) ${random.pick(['and', 'unless', 'or'])} (${this.histogram(depth - 1)})`;
  }

  private linear(): Expression {
    const { random } = this;
    const inner = this.histogram(random.whole(0, 1));
    const of = random.pick(['histogram_count', 'histogram_sum']);
    const number = random.pick(['2', '0.5', '3', '-1', '1e3']);
    const grouping = this.grouping();
    const other = this.histogram(1);
    const [ours, theirs] = random.pick([
      () => [`${of}((${inner}) * ${number})`, `${of}(${inner}) * ${number}`],
      () => [`${of}(${number} * (${inner}))`, `${of}(${inner}) * ${number}`],
      () => [`${of}((${inner}) / ${number})`, `${of}(${inner}) / ${number}`],
      () => [`${of}(-(${inner}))`, `-${of}(${inner})`],
      () => [`${of}((${inner}) - (${other}))`, `${of}(${inner}) - ${of}(${other})`],
      () => [`${of}(avg ${grouping}(${inner}))`, `avg ${grouping}(${of}(${inner}))`],
      () => [`histogram_avg(${inner})`, `histogram_sum(${inner}) / histogram_count(${inner})`],
    ])();
    return { ours: ours!, theirs: theirs! };
  }

  private float(depth: number): string {
    const { random } = this;
    const inner = this.histogram(depth);
    // What a gauge lost are negative counts, of which there are no quantiles.
    const counted = inner.replaceAll('delta(', 'increase(').replaceAll(GAUGE, 'spread{kind="both"}');
    return random.pick([
      () => `histogram_quantile(${random.pick(SHARES)}, ${counted})`,
      () => `histogram_quantile(${random.pick(SHARES)}, ${counted})`,
      () => `histogram_fraction(${random.pick(EDGES)}, ${random.pick(EDGES)}, ${inner})`,
      () => `histogram_${random.pick(['count', 'sum'])}(${inner})`,
      () => `${random.pick(['count', 'group'])} ${this.grouping()}(${inner})`,
      () => `absent_over_time(${this.range()})`,
      () => `absent(${inner})`,
      () => `timestamp(${this.selector()})`,
      () => `histogram_count(${inner}) ${random.pick(['/', '-', '>'])} histogram_sum(${inner})`,
      () => `sum ${this.grouping()}(histogram_count(${inner}))`,
    ])();
  }
}
