import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';

/** Two numbers each, and as much again when they are sorted and translated. */
export const MAX_SAMPLES = 50_000_000;

interface Growing {
  readonly labels: Labels;
  readonly timestamps: number[];
  readonly values: number[];
  sorted: boolean;
}

/** Puts samples that come in any order into series: ascending, one value an instant, no holes. Of several
 * values of one instant the largest is taken, so that the order of files and lines does not matter. */
export class SeriesCollector {
  readonly #known = new Map<string, Growing>();
  samples = 0;

  /**
   * `at` in ms since the epoch. Labels with an empty value are as good as absent (Prometheus data model). Whether there
   * was room: what does not fit into memory is left out.
   */
  add(labels: Labels, at: number, value: number): boolean {
    if (this.samples >= MAX_SAMPLES) return false;
    const present = withoutEmpty(labels);
    const key = labelsKey(present);
    let series = this.#known.get(key);
    if (series === undefined)
      this.#known.set(key, (series = { labels: present, timestamps: [], values: [], sorted: true }));
    const { timestamps, values } = series;
    if (timestamps.length > 0 && at <= timestamps.at(-1)!) series.sorted = false;
    timestamps.push(at);
    values.push(value);
    this.samples++;
    return true;
  }

  *instants(): Generator<number> {
    for (const { timestamps } of this.#known.values()) yield* timestamps;
  }

  /** Takes over what another gathered. */
  addAll(other: SeriesCollector): void {
    for (const { labels, timestamps, values } of other.#known.values())
      timestamps.forEach((at, i) => this.add(labels, at, values[i]!));
  }

  /** Sorted by labels, so that the order of files and lines does not matter. */
  series(): Series[] {
    return [...this.#known]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, growing]) => (growing.sorted ? plain(growing) : inOrder(growing)));
  }
}

function withoutEmpty(labels: Labels): Labels {
  for (const name in labels)
    if (labels[name] === '')
      return Object.fromEntries(Object.entries(labels).filter(([, text]) => text !== ''));
  return labels;
}

const plain = ({ labels, timestamps, values }: Growing): Series => ({
  labels,
  timestamps: Float64Array.from(timestamps),
  values: Float64Array.from(values),
});

/** A number rather than none, whichever comes first. */
const larger = (value: number, known = NaN): number =>
  Number.isNaN(value) ? known : Number.isNaN(known) ? value : Math.max(value, known);

function inOrder({ labels, timestamps, values }: Growing): Series {
  const last = new Map<number, number>();
  timestamps.forEach((at, i) => {
    const known = last.get(at);
    if (known === undefined || !(values[i]! <= known)) last.set(at, larger(values[i]!, known));
  });
  const instants = Float64Array.from(last.keys()).sort();
  return { labels, timestamps: instants, values: instants.map((at) => last.get(at)!) };
}
