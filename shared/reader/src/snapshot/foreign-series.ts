import type { Series } from '@gumshoe/base/series';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { classicBeside } from '../prometheus/as-classic.ts';
import { translateForeign } from '../import/foreign-metrics.ts';

/** Samples of other systems' metrics that are held to be translated: two numbers each. */
const MOST_SAMPLES = 20_000_000;

/** Gathers what an export reads, to say in terms of the catalogue what only other systems measured. */
export class ForeignSeries {
  readonly #beyond: ReadonlySet<string>;
  readonly #held: Series[] = [];
  readonly #present = new Set<string>();
  readonly #withSpans = new Set<string>();
  #samples = 0;
  #full = false;

  /** `beyond`: names of metrics that are not of the catalogue. */
  constructor(beyond: readonly string[]) {
    this.#beyond = new Set(beyond);
  }

  see(read: readonly Series[]): void {
    if (this.#beyond.size === 0) return;
    for (const one of read) {
      const name = one.labels['__name__'] ?? '';
      if (name === T.spans.name) this.#withSpans.add(one.labels['service_name'] ?? '');
      if (!this.#beyond.has(name)) this.#present.add(name);
      else if (this.#samples + one.values.length > MOST_SAMPLES) this.#full = true;
      else {
        this.#samples += one.values.length;
        this.#held.push(one);
      }
    }
  }

  /** In terms of the catalogue; metrics that the source has itself are left alone. */
  translated(): { readonly series: readonly Series[]; readonly notes: readonly string[] } {
    const own = [...this.#present].map((name): Series => ({
      labels: { __name__: name },
      timestamps: new Float64Array(0),
      values: new Float64Array(0),
    }));
    const { series, assumptions } = translateForeign(
      [...this.#held, ...classicBeside(this.#held, this.#held), ...own],
      this.#withSpans,
    );
    const cut = this.#full ? [`only the first ${MOST_SAMPLES} samples of other systems were translated`] : [];
    return { series: series.filter(({ values }) => values.length > 0), notes: [...cut, ...assumptions] };
  }
}
