import type { Group } from './grouping.ts';
import { labelHash } from './label-hash.ts';
import { orderKey } from './labels.ts';
import type { Column } from './values.ts';

const HASHES = 2 ** 64;

/** limitk: the first k members of each group in the order of their labels. */
export function limitCount(groups: readonly Group[], points: number, k: (i: number) => number): Column[] {
  const out: Column[] = [];
  for (const { members } of groups) {
    const taken = new Float64Array(points);
    for (const member of byOrder(members)) {
      const made = { ...member, present: new Uint8Array(points) };
      for (let i = 0; i < points; i++) {
        if (member.present[i] === 0 || taken[i]! >= Math.trunc(k(i))) continue;
        taken[i]!++;
        made.present[i] = 1;
      }
      if (made.present.includes(1)) out.push(made);
    }
  }
  return out;
}

/**
 * limit_ratio: members whose hash falls into the first `ratio` of all hashes, or for a negative one into the last; the two
 * complement each other.
 */
export function limitRatio(groups: readonly Group[], points: number, ratio: (i: number) => number): Column[] {
  const out: Column[] = [];
  for (const { members } of groups)
    for (const member of members) {
      const share = Number(labelHash(member.labels)) / HASHES;
      const made = { ...member, present: new Uint8Array(points) };
      for (let i = 0; i < points; i++) {
        const r = Math.max(-1, Math.min(1, ratio(i)));
        const inside = r >= 0 ? share < r : share >= 1 + r;
        if (member.present[i] !== 0 && inside) made.present[i] = 1;
      }
      if (made.present.includes(1)) out.push(made);
    }
  return out;
}

const byOrder = (members: readonly Column[]): readonly Column[] =>
  members
    .map((member) => ({ member, key: orderKey(member.labels) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ member }) => member);
