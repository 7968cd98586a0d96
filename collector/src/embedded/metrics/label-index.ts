import type { Labels } from '@gumshoe/base/series';
import { compileMatchers } from '@gumshoe/promql/matchers';
import type { Matcher } from '@gumshoe/promql/matchers';

type ValueTest = (value: string) => boolean;

function valueTest(matcher: Matcher): ValueTest {
  const accept = compileMatchers([matcher]);
  return (value) => accept({ [matcher.name]: value });
}

/** A series as far as the index looks at it; times in ms. */
interface Indexed {
  readonly labels: Labels;
  readonly firstTime: number;
  readonly lastTime: number;
}

/** Inverted index: label name → value → series. */
export class LabelIndex<S extends Indexed> {
  private readonly names = new Map<string, Map<string, Set<S>>>();
  private readonly all = new Set<S>();

  add(series: S): void {
    this.all.add(series);
    for (const [name, value] of Object.entries(series.labels)) {
      let values = this.names.get(name);
      if (values === undefined) this.names.set(name, (values = new Map()));
      const postings = values.get(value);
      if (postings === undefined) values.set(value, new Set([series]));
      else postings.add(series);
    }
  }

  remove(series: S): void {
    this.all.delete(series);
    for (const [name, value] of Object.entries(series.labels)) {
      const values = this.names.get(name);
      const postings = values?.get(value);
      postings?.delete(series);
      if (postings?.size === 0) values?.delete(value);
      if (values?.size === 0) this.names.delete(name);
    }
  }

  get size(): number {
    return this.all.size;
  }

  labelNames(): readonly string[] {
    return [...this.names.keys()].sort();
  }

  labelValues(name: string): readonly string[] {
    return [...(this.names.get(name)?.keys() ?? [])].sort();
  }

  /** Label sets of matching series that have any sample in the closed interval. */
  labelSets(matchers: readonly Matcher[], from: number, to: number): readonly Labels[] {
    return this.find(matchers)
      .filter((series) => series.lastTime >= from && series.firstTime <= to)
      .map((series) => series.labels);
  }

  /** Series that every matcher accepts. Starts from the smallest list a matcher gives. */
  find(matchers: readonly Matcher[]): readonly S[] {
    const tests = matchers.map((matcher) => ({ matcher, test: valueTest(matcher) }));
    let candidates: Iterable<S> = this.all;
    let size = this.all.size;
    for (const { matcher, test } of tests) {
      if (test('')) continue;
      const list = this.matching(matcher, test);
      if (list.size < size) {
        candidates = list;
        size = list.size;
      }
      if (size === 0) return [];
    }
    const found: S[] = [];
    for (const series of candidates) {
      if (tests.every(({ matcher, test }) => test(series.labels[matcher.name] ?? ''))) found.push(series);
    }
    return found;
  }

  private matching(matcher: Matcher, test: ValueTest): ReadonlySet<S> {
    const values = this.names.get(matcher.name);
    if (values === undefined) return new Set();
    if (matcher.op === '=') return values.get(matcher.value) ?? new Set();
    const union = new Set<S>();
    for (const [value, postings] of values) {
      if (test(value)) for (const series of postings) union.add(series);
    }
    return union;
  }
}
