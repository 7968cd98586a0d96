import type { Group } from './grouping.ts';
import { labelHash } from './label-hash.ts';
import { orderKey } from './labels.ts';
import { masked, presenceOf } from './samples.ts';
import type { Column } from './values.ts';

const HASHES = 2 ** 64;

/** limitk: the first k members of each group in the order of their labels. */
export function limitCount(groups: readonly Group[], points: number, k: (i: number) => number): Column[] {
  const out: Column[] = [];
  for (const { members } of groups) {
    const taken = new Float64Array(points);
    for (const member of byOrder(members)) {
      const mask = new Uint8Array(points);
      const there = presenceOf(member);
      for (let i = 0; i < points; i++) {
        if (there[i] === 0 || taken[i]! >= Math.trunc(k(i))) continue;
        taken[i]!++;
        mask[i] = 1;
      }
      if (mask.includes(1)) out.push(masked(member, mask));
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
      const mask = new Uint8Array(points);
      const there = presenceOf(member);
      for (let i = 0; i < points; i++) {
        const r = Math.max(-1, Math.min(1, ratio(i)));
        const inside = r >= 0 ? share < r : share >= 1 + r;
        if (there[i] !== 0 && inside) mask[i] = 1;
      }
      if (mask.includes(1)) out.push(masked(member, mask));
    }
  return out;
}

const byOrder = (members: readonly Column[]): readonly Column[] =>
  members
    .map((member) => ({ member, key: orderKey(member.labels) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ member }) => member);
