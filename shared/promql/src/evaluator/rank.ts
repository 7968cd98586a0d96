import type { Group } from './grouping.ts';
import type { Column } from './values.ts';

/**
 * The k largest (or smallest) samples of a group at one step, the weakest of them at the root. NaN is the weakest of all.
 * Moves are those of Go's container/heap, so that equal samples leave in the same order as in Prometheus.
 */
class Best {
  readonly members: number[] = [];
  readonly keys: number[] = [];

  /** Whether the key at `a` is weaker. Keys are negated for the smallest, so that there is one order. */
  private weaker(a: number, b: number): boolean {
    const [x, y] = [this.keys[a]!, this.keys[b]!];
    return x !== x || x < y;
  }

  private swap(a: number, b: number): void {
    const { members, keys } = this;
    [members[a], members[b]] = [members[b]!, members[a]!];
    [keys[a], keys[b]] = [keys[b]!, keys[a]!];
  }

  add(member: number, key: number): void {
    this.members.push(member);
    this.keys.push(key);
    let at = this.keys.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.weaker(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  replaceRoot(member: number, key: number): void {
    this.members[0] = member;
    this.keys[0] = key;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.keys.length) return;
      const right = left + 1;
      const child = right < this.keys.length && this.weaker(right, left) ? right : left;
      if (!this.weaker(child, at)) return;
      this.swap(child, at);
      at = child;
    }
  }

  /** Members, the strongest first. */
  ranked(): readonly number[] {
    const order = this.keys.map((_, i) => i);
    order.sort((a, b) => {
      const [x, y] = [this.keys[a]!, this.keys[b]!];
      if (x !== x || y !== y) return Number(x !== x) - Number(y !== y);
      return y - x;
    });
    return order.map((i) => this.members[i]!);
  }
}

/**
 * topk (`sign` 1) and bottomk (`sign` -1): members of each group keep their labels at the steps where they are among the
 * first k. For one step the columns come in order of rank.
 */
export function rank(
  groups: readonly Group[],
  points: number,
  k: (i: number) => number,
  sign: 1 | -1,
): Column[] {
  const wanted = Float64Array.from({ length: points }, (_, i) => Math.trunc(k(i)));
  return groups.flatMap(({ members }) => {
    const best = Array.from({ length: points }, () => new Best());
    members.forEach((member, index) => offer(member, index, best, wanted, sign));
    const kept = new Map<number, Column>();
    for (let i = 0; i < points; i++) {
      for (const index of best[i]!.ranked()) {
        const member = members[index]!;
        let made = kept.get(index);
        if (!made)
          kept.set(
            index,
            (made = { labels: member.labels, values: member.values, present: new Uint8Array(points) }),
          );
        made.present[i] = 1;
      }
    }
    return [...kept.values()];
  });
}

function offer(
  { values, present }: Column,
  index: number,
  best: readonly Best[],
  wanted: Float64Array,
  sign: 1 | -1,
): void {
  for (let i = 0; i < values.length; i++) {
    if (present[i] === 0 || !(wanted[i]! >= 1)) continue;
    const key = sign * values[i]!;
    const heap = best[i]!;
    if (heap.keys.length < wanted[i]!) {
      heap.add(index, key);
      continue;
    }
    const root = heap.keys[0]!;
    if (root < key || (root !== root && key === key)) heap.replaceRoot(index, key);
  }
}
