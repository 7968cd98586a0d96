import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Labels } from '@gumshoe/base/series';
import type { Annotations } from '../annotations.ts';
import { incompatibleTypes } from '../histogram-notes.ts';
import type { BinaryNode } from '../parser/ast.ts';
import { dropName, keyOf, labelOf, only, without } from './labels.ts';
import { checkOneSide, matchGroups, matchLabels, stepsOfAny, type MatchGroup } from './match-groups.ts';
import { nativeBinary } from './native-binary.ts';
import type { Sample } from './native-windows.ts';
import { ARITHMETIC, COMPARISON, TRIMS } from './operators.ts';
import { column, evaluationError, filled, mergeSame, type Column } from './values.ts';
import { isThere, presenceOf, sampleAt } from './samples.ts';
import { newPresence } from './slab.ts';

/** A column that gets its list of histograms with the first of them. */
interface Made extends Column {
  histograms?: (NativeHistogram | undefined)[];
}

interface Result {
  readonly column: Made;
  /** Steps at which two samples matched, whether or not a comparison kept them. */
  readonly taken: Uint8Array;
}

/**
 * Arithmetic and comparison between two vectors (Prometheus, promql/engine.go VectorBinop). Series are matched once for all
 * steps; what must be unique is checked at each step, since series of one group may follow each other in time.
 */
export function matchVectors(
  node: BinaryNode,
  left: readonly Column[],
  right: readonly Column[],
  points: number,
  annotations: Annotations,
): readonly Column[] {
  const { matching } = node;
  const swapped = matching?.group === 'right';
  const [many, one] = swapped ? [right, left] : [left, right];
  const groups = matchGroups(matching, many, one);
  if (groups.some((group) => group.one.length > 1)) {
    const active = stepsOfAny(many, points);
    const other = stepsOfAny(one, points);
    if (matching?.fill) active.fill(1);
    for (let i = 0; i < points; i++) active[i]! &= other[i]!;
    for (const group of groups) if (group.one.length > 1) checkOneSide(node, group.one, active);
  }
  const pair = new Pairing(node, points, annotations);
  for (const group of groups) pair.group(group);
  return matching?.labels.includes('__name__') ? mergeSame(pair.out, node) : pair.out;
}

/** Combines the series of match groups into result series. */
class Pairing {
  readonly out: Column[] = [];
  private readonly node: BinaryNode;
  private readonly points: number;
  private readonly operate: (a: number, b: number) => number;
  private readonly keeps: ((a: number, b: number) => boolean) | undefined;
  private readonly swapped: boolean;
  private readonly annotations: Annotations;
  private readonly fillMany: number | undefined;
  private readonly fillOne: number | undefined;

  constructor(node: BinaryNode, points: number, annotations: Annotations) {
    this.node = node;
    this.annotations = annotations;
    this.points = points;
    this.swapped = node.matching?.group === 'right';
    const { left, right } = node.matching?.fill ?? {};
    this.fillMany = this.swapped ? right : left;
    this.fillOne = this.swapped ? left : right;
    const compare = COMPARISON.get(node.op);
    if (compare) {
      this.operate = node.bool ? (a, b) => (compare(a, b) ? 1 : 0) : (a) => a;
      this.keeps = node.bool ? undefined : compare;
    } else this.operate = ARITHMETIC.get(node.op) ?? (() => NaN);
  }

  group({ many, one }: MatchGroup): void {
    const partners = [...one];
    if (this.fillOne !== undefined && many[0]) partners.push(this.standIn(many[0].labels, this.fillOne, one));
    if (partners.length === 0 || (many.length === 0 && this.fillMany === undefined)) return;
    const results = new Map<string, Result>();
    const matched = newPresence(this.points);
    const alone = many.length === 1 && partners.length === 1 && this.fillMany === undefined;
    for (const member of many)
      for (const partner of partners) {
        if (alone) this.pair(member, partner, this.fresh(member, partner), matched, false);
        else this.pair(member, partner, this.known(results, member, partner), matched, true);
      }
    if (this.fillMany !== undefined)
      for (const partner of one) {
        const member = this.standIn(partner.labels, this.fillMany, []);
        for (let i = 0; i < this.points; i++) if (matched[i] !== 0) member.present[i] = 0;
        this.pair(member, partner, this.known(results, member, partner), matched, true);
      }
    for (const { column: made } of results.values())
      if (made.present.includes(1) || made.histograms) this.out.push(made);
  }

  /** A constant series at the steps where the others are absent. */
  private standIn(labels: Labels, value: number, others: readonly Column[]): Column {
    const values = new Float64Array(this.points).fill(value);
    const made = filled(matchLabels(labels, this.node.matching), values);
    for (const other of others) {
      const present = presenceOf(other);
      for (let i = 0; i < this.points; i++) if (present[i] !== 0) made.present[i] = 0;
    }
    return made;
  }

  private fresh(member: Column, partner: Column): Result {
    const made = column(resultLabels(this.node, member.labels, partner.labels), this.points);
    this.out.push(made);
    return { column: made, taken: made.present };
  }

  private known(results: Map<string, Result>, member: Column, partner: Column): Result {
    const labels = resultLabels(this.node, member.labels, partner.labels);
    const key = keyOf(labels);
    let result = results.get(key);
    if (!result)
      results.set(key, (result = { column: column(labels, this.points), taken: newPresence(this.points) }));
    return result;
  }

  private pair(member: Column, partner: Column, result: Result, matched: Uint8Array, check: boolean): void {
    if (member.histograms || partner.histograms || TRIMS.has(this.node.op))
      return this.pairMixed(member, partner, result, matched, check);
    const { operate, keeps, points } = this;
    const { column: made, taken } = result;
    const grouped = this.node.matching?.group !== undefined;
    const [a, b] = this.swapped ? [partner.values, member.values] : [member.values, partner.values];
    for (let i = 0; i < points; i++) {
      if (member.present[i] === 0 || partner.present[i] === 0) continue;
      if (check) {
        if (grouped ? taken[i] !== 0 : matched[i] !== 0) this.ambiguous(grouped);
        taken[i] = 1;
        matched[i] = 1;
      }
      const x = a[i]!;
      const y = b[i]!;
      if (keeps !== undefined && !keeps(x, y)) continue;
      made.values[i] = operate(x, y);
      made.present[i] = 1;
    }
  }

  /** As `pair`, where a sample may be a native histogram. */
  private pairMixed(
    member: Column,
    partner: Column,
    { column: made, taken }: Result,
    matched: Uint8Array,
    check: boolean,
  ): void {
    const grouped = this.node.matching?.group !== undefined;
    for (let i = 0; i < this.points; i++) {
      if (!isThere(member, i) || !isThere(partner, i)) continue;
      if (check) {
        if (grouped ? taken[i] !== 0 : matched[i] !== 0) this.ambiguous(grouped);
        taken[i] = 1;
        matched[i] = 1;
      }
      const [a, b] = this.swapped ? [partner, member] : [member, partner];
      const result = this.operateOn(sampleAt(a, i), sampleAt(b, i));
      if (result === undefined) continue;
      if (typeof result === 'number') {
        made.values[i] = result;
        made.present[i] = 1;
      } else (made.histograms ??= Array.from({ length: this.points }))[i] = result;
    }
  }

  private operateOn(a: Sample, b: Sample): Sample | undefined {
    const { node, annotations } = this;
    if (typeof a === 'number' && typeof b === 'number') {
      if (TRIMS.has(node.op)) annotations.inform(incompatibleTypes('float', node.op, 'float'), node);
      else if (this.keeps === undefined || this.keeps(a, b)) return this.operate(a, b);
      return undefined;
    }
    const outcome = nativeBinary(node, a, b, annotations);
    if (typeof outcome !== 'boolean') return outcome;
    if (node.bool) return Number(outcome);
    return outcome ? a : undefined;
  }

  private ambiguous(grouped: boolean): never {
    throw evaluationError(
      this.node,
      grouped
        ? 'multiple matches for labels: grouping labels must ensure unique matches'
        : 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
    );
  }
}

/** Labels of the result: those both sides match on, or those of the "many" side with what the other lends it. */
function resultLabels(node: BinaryNode, many: Labels, one: Labels): Labels {
  const { matching } = node;
  const keepsName = TRIMS.has(node.op) || (COMPARISON.has(node.op) && !node.bool);
  const labels = keepsName ? many : dropName(many);
  if (matching === undefined) return labels;
  if (matching.group === undefined)
    return matching.on ? only(labels, matching.labels) : without(labels, matching.labels);
  if (matching.include.length === 0) return labels;
  const out: Record<string, string> = { ...labels };
  for (const name of matching.include) {
    const value = labelOf(one, name);
    if (value !== '') out[name] = value;
    else delete out[name];
  }
  return out;
}
