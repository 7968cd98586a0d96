import type { Series } from '@gumshoe/base/series';

/** Shares of steps that go down; a counter goes down where it begins anew, which is seldom. */
const FEWEST_FALLS = 3;
const MANY_FALLS = 0.15;

/** Whether values that should be those of a counter are rates: they go up and down. */
export function fluctuates({ values }: Series): boolean {
  let [falls, steps] = [0, 0];
  for (let i = 1; i < values.length; i++) {
    if (!(Math.abs(values[i]! - values[i - 1]!) > 0)) continue;
    steps++;
    if (values[i]! < values[i - 1]!) falls++;
  }
  return falls >= FEWEST_FALLS && falls > MANY_FALLS * steps;
}

/** Running total of what a second brings: a gauge of a rate as the counter it was taken from. NaN counts nothing. */
export function integrated({ timestamps, values }: Series, perSecond = (value: number) => value) {
  const out = new Float64Array(values.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const rate = perSecond(values[i]!);
    const seconds = i === 0 ? 0 : (timestamps[i]! - timestamps[i - 1]!) / 1000;
    if (rate > 0) sum += rate * seconds;
    out[i] = sum;
  }
  return out;
}

/** The value in force at an instant; NaN before the first. */
export function valueAt({ timestamps, values }: Series): (at: number) => number {
  let i = 0;
  return (at) => {
    if (i > 0 && timestamps[i - 1]! > at) i = 0;
    while (i < timestamps.length && timestamps[i]! <= at) i++;
    return i === 0 ? NaN : values[i - 1]!;
  };
}

/** Whether the name says a counter, and the values do not say otherwise. */
export const isCounter = (series: Series): boolean =>
  (series.labels['__name__'] ?? '').endsWith('_total') && !fluctuates(series);
