import { labelOf, orderKey } from './labels.ts';
import type { Column } from './values.ts';

/** By the value at the last step, NaN last; the order matters for instant queries only. */
export function sortedByValue(columns: readonly Column[], direction: 1 | -1): readonly Column[] {
  const last = (one: Column): number => (one.present.at(-1) ? (one.values.at(-1) ?? NaN) : NaN);
  return [...columns].sort((a, b) => {
    const [x, y] = [last(a), last(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return direction * (x - y);
  });
}

/** By the values of the labels in turn, numbers in them by size; label sets that agree in these by all labels. */
export function sortedByLabel(
  columns: readonly Column[],
  names: readonly string[],
  direction: 1 | -1,
): readonly Column[] {
  return columns
    .map((one) => ({ one, key: orderKey(one.labels) }))
    .sort((a, b) => {
      for (const name of names) {
        const order = naturalOrder(labelOf(a.one.labels, name), labelOf(b.one.labels, name));
        if (order !== 0) return direction * order;
      }
      return direction * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
    })
    .map(({ one }) => one);
}

/** Runs of digits compare as numbers, everything else as text. */
export function naturalOrder(a: string, b: string): number {
  const x = a.match(/\d+|\D+/g) ?? [];
  const y = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p, q] = [x[i], y[i]];
    if (p === undefined) return -1;
    if (q === undefined) return 1;
    if (p === q) continue;
    const numbers = /^\d/.test(p) && /^\d/.test(q);
    if (numbers && Number(p) !== Number(q)) return Number(p) - Number(q);
    if (!numbers || p.length === q.length) return p < q ? -1 : 1;
    return p.length - q.length;
  }
  return 0;
}
