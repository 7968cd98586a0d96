import type { Column } from '@gumshoe/model/world';

/** Each cell's sum over itself and the ones before it, `cells` in all; NaN where none of them is known. */
export function rollingSum(column: Column, cells: number): Column {
  const out = new Float64Array(column.length);
  let sum = 0;
  let known = 0;
  for (let i = 0; i < out.length; i++) {
    const value = column[i]!;
    const gone = i >= cells ? column[i - cells]! : NaN;
    if (value === value) {
      sum += value;
      known++;
    }
    if (gone === gone) {
      sum -= gone;
      known--;
    }
    // what differences of floats leave behind is no traffic
    if (known === 0) sum = 0;
    out[i] = known > 0 ? Math.max(0, sum) : NaN;
  }
  return out;
}
