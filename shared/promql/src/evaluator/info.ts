import type { Labels } from '@gumshoe/base/series';
import { compileMatchers, type Matcher } from '../matchers.ts';
import type { Position } from '../parser/ast.ts';
import type { SeriesSource } from '../source.ts';
import { formatLabels, keyOn, labelOf } from './labels.ts';
import { isThere, masked, relabelled } from './samples.ts';
import { selectInstant } from './selection.ts';
import { evaluationError, mergeSame, type Column, type Steps } from './values.ts';

const TARGET_INFO: Matcher = { name: '__name__', op: '=', value: 'target_info' };
const identityOf = keyOn(['instance', 'job']);

/** Matchers that select the info series of a call: what its second argument names, `target_info` otherwise. */
export function infoMatchers(given: readonly Matcher[]): readonly Matcher[] {
  return given.some(({ name }) => name === '__name__') ? given : [TARGET_INFO, ...given];
}

/**
 * info(): adds to each series the labels of the info series with the same `instance` and `job`
 * (Prometheus, promql/info.go). Given matchers say which labels to add, and drop series that nothing matches.
 */
export function addInfo(
  base: readonly Column[],
  given: readonly Matcher[] | undefined,
  source: SeriesSource,
  steps: Steps,
  where: Position,
): readonly Column[] {
  const names = given === undefined ? [TARGET_INFO] : given.filter(({ name }) => name === '__name__');
  const wanted = (given ?? []).filter(({ name }) => name !== '__name__');
  const isInfo = compileMatchers(names);
  const matchesNothing = compileMatchers(wanted)({});
  const selector = { ...where, type: 'selector' as const, matchers: infoMatchers(given ?? []), offset: 0 };
  const infos = byIdentity(selectInstant(selector, source, steps, true));
  const out: Column[] = [];
  for (const one of base) {
    const self = names.length > 0 && isInfo({ __name__: labelOf(one.labels, '__name__') });
    const identified = labelOf(one.labels, 'instance') !== '' || labelOf(one.labels, 'job') !== '';
    const found = self || !identified ? undefined : infos.get(identityOf(one.labels));
    if (found)
      out.push(...enriched(one, found, new Set(wanted.map(({ name }) => name)), matchesNothing, where));
    else if (self || matchesNothing) out.push(one);
  }
  return mergeSame(out, where);
}

/** Info series of one identity, by metric name; their values are timestamps. */
type Infos = ReadonlyMap<string, readonly Column[]>;

function byIdentity(columns: readonly Column[]): ReadonlyMap<string, Infos> {
  const out = new Map<string, Map<string, Column[]>>();
  for (const one of columns) {
    const key = identityOf(one.labels);
    const name = labelOf(one.labels, '__name__');
    const metrics = out.get(key) ?? new Map<string, Column[]>();
    out.set(key, metrics.set(name, [...(metrics.get(name) ?? []), one]));
  }
  return out;
}

/** The series with the labels of the info series at each step; those may change over time. */
function enriched(
  one: Column,
  infos: Infos,
  wanted: ReadonlySet<string>,
  matchesNothing: boolean,
  where: Position,
): Column[] {
  const parts = new Map<string, { readonly labels: Labels; readonly mask: Uint8Array }>();
  for (let i = 0; i < one.present.length; i++) {
    if (!isThere(one, i)) continue;
    const chosen = [...infos.values()].flatMap((columns) => newest(columns, i, where) ?? []);
    if (chosen.length === 0 && !matchesNothing) continue;
    const labels = withInfo(one.labels, chosen, wanted, where);
    const key = formatLabels(labels);
    let part = parts.get(key);
    if (!part) parts.set(key, (part = { labels, mask: new Uint8Array(one.present.length) }));
    part.mask[i] = 1;
  }
  return Array.from(parts.values(), ({ labels, mask }) => relabelled(masked(one, mask), labels));
}

function newest(columns: readonly Column[], i: number, where: Position): Column | undefined {
  let best: Column | undefined;
  for (const one of columns) {
    if (one.present[i] === 0) continue;
    if (best === undefined || one.values[i]! > best.values[i]!) best = one;
    else if (one.values[i] === best.values[i]) {
      const both = `existing ${formatLabels(best.labels)}, new ${formatLabels(one.labels)}`;
      throw evaluationError(where, `found duplicate series for info metric: ${both}`);
    }
  }
  return best;
}

/** Labels the series has already stay as they are. */
function withInfo(
  labels: Labels,
  chosen: readonly Column[],
  wanted: ReadonlySet<string>,
  where: Position,
): Labels {
  const added: Record<string, string> = {};
  for (const info of chosen)
    for (const [name, value] of Object.entries(info.labels)) {
      if (name === '__name__' || (wanted.size > 0 && !wanted.has(name))) continue;
      if (added[name] !== undefined && added[name] !== value)
        throw evaluationError(where, `conflicting label: ${name}`);
      if (labelOf(labels, name) === '') added[name] = value;
    }
  return { ...labels, ...added };
}
