type Attributes = Readonly<Record<string, string>>;

/** A value that bad spans have far more often than good ones. Shares are 0..1. */
export interface SeparatingAttribute {
  readonly key: string;
  readonly value: string;
  readonly bad: number;
  readonly good: number;
}

/** Bad spans that must have a value, at least, and their least share of all bad ones. */
const LEAST_SPANS = 5;
const LEAST_SHARE = 0.4;
/** Difference of shares, in itself and in standard errors of two proportions. */
const LEAST_DIFFERENCE = 0.25;
const SURE = 4;
/** Attributes that say that a span is bad, rather than why; and what a collector of ours noted of keeping it. */
const OUTCOME =
  /^(gumshoe\.|error|exception|event|otel\.status|status|http\.(response\.)?status_code|http\.response\.body|rpc\.grpc\.status_code|grpc\.status|db\.response\.status_code|message|duration)/i;
const MAX_VALUE = 80;

/**
 * Attributes that separate slow or failed spans from good ones, best first: a tenant, a route, a version, a region. Ids
 * that hardly two spans share separate nothing.
 */
export function separatingAttributes(
  bad: readonly Attributes[],
  good: readonly Attributes[],
  limit = 3,
): readonly SeparatingAttribute[] {
  if (bad.length < LEAST_SPANS || good.length < LEAST_SPANS) return [];
  const ofBad = countValues(bad);
  const ofGood = countValues(good);
  const found: (SeparatingAttribute & { readonly z: number })[] = [];
  for (const [key, values] of ofBad) {
    for (const [value, count] of values) {
      const shareOfBad = count / bad.length;
      const shareOfGood = (ofGood.get(key)?.get(value) ?? 0) / good.length;
      const z = twoProportions(shareOfBad, bad.length, shareOfGood, good.length);
      const isTelling =
        count >= LEAST_SPANS &&
        shareOfBad >= LEAST_SHARE &&
        shareOfBad - shareOfGood >= LEAST_DIFFERENCE &&
        z >= SURE;
      if (isTelling) found.push({ key, value, bad: shareOfBad, good: shareOfGood, z });
    }
  }
  return found
    .sort((a, b) => b.z - a.z || (a.key < b.key ? -1 : a.key > b.key ? 1 : a.value < b.value ? -1 : 1))
    .slice(0, limit)
    .map(({ key, value, bad: inBad, good: inGood }) => ({ key, value, bad: inBad, good: inGood }));
}

function countValues(all: readonly Attributes[]): Map<string, Map<string, number>> {
  const keys = new Map<string, Map<string, number>>();
  for (const attributes of all) {
    for (const [key, value] of Object.entries(attributes)) {
      if (OUTCOME.test(key) || value === '' || value.length > MAX_VALUE) continue;
      let values = keys.get(key);
      if (values === undefined) keys.set(key, (values = new Map()));
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return keys;
}

/** How far two shares are apart, in standard errors of their difference. */
function twoProportions(a: number, ofA: number, b: number, ofB: number): number {
  const pooled = (a * ofA + b * ofB) / (ofA + ofB);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / ofA + 1 / ofB));
  return error > 0 ? (a - b) / error : 0;
}
