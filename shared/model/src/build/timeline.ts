/** What was seen of one owner. Infinite where nobody watched its beginning or its end. */
export interface Claim<T> {
  readonly subject: T;
  readonly from: number;
  readonly to: number;
}

/**
 * A stretch of time in which an address leads to one owner. `certain` while the owner was seen there; otherwise the
 * nearest owner in time, to whom attempts that fail may be laid, but no success.
 */
export interface OwnedStretch<T> extends Claim<T> {
  readonly certain: boolean;
}

/**
 * Who owns an address when, without gaps from the beginning to the end of time: the latest comer among those present;
 * between owners, the one that left; before the first, the first. `tolerance` ms are granted before a claim begins and
 * after it ends, for the distance of samples and for clocks that differ; a newcomer's tolerance comes first, but does
 * not reach into the time in which another was seen.
 */
export function timeline<T>(claims: readonly Claim<T>[], tolerance: number): readonly OwnedStretch<T>[] {
  if (claims.length === 0) return [];
  const points = [...new Set(claims.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const owned: OwnedStretch<T>[] = [];
  for (let i = 0; i + 1 < points.length || i === 0; i++) {
    const from = points[i]!;
    const to = points[i + 1] ?? from;
    const owner = ownerBetween(claims, from, to);
    if (owner === undefined) continue;
    const last = owned.at(-1);
    if (last?.subject === owner && last.to === from) owned[owned.length - 1] = { ...last, to };
    else owned.push({ subject: owner, from, to, certain: true });
  }
  return withTolerance(owned, tolerance);
}

function ownerBetween<T>(claims: readonly Claim<T>[], from: number, to: number): T | undefined {
  let latest: Claim<T> | undefined;
  for (const claim of claims)
    if (claim.from <= from && claim.to >= to && !(latest && latest.from > claim.from)) latest = claim;
  return latest?.subject;
}

function withTolerance<T>(owned: readonly OwnedStretch<T>[], tolerance: number): OwnedStretch<T>[] {
  const out: OwnedStretch<T>[] = [];
  const add = (stretch: OwnedStretch<T>): void => {
    if (stretch.to > stretch.from) out.push(stretch);
  };
  owned.forEach((stretch, i) => {
    const previous = owned[i - 1];
    const next = owned[i + 1];
    const from = Math.max(previous?.to ?? -Infinity, stretch.from - tolerance);
    const left = next === undefined ? Infinity : Math.max(stretch.to, next.from - tolerance);
    const to = Math.min(left, stretch.to + tolerance);
    if (previous === undefined) add({ subject: stretch.subject, from: -Infinity, to: from, certain: false });
    add({ subject: stretch.subject, from, to, certain: true });
    add({ subject: stretch.subject, from: to, to: left, certain: false });
  });
  return out;
}
