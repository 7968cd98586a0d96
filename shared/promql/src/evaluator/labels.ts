import type { Labels } from '@gumshoe/base/series';

/** Between the parts of a key; no decoded text holds half of a surrogate pair. */
const SEPARATOR = '\ud800';

/** A missing label is the empty string; what an object inherits is no label. */
export function labelOf(labels: Labels, name: string): string {
  const value = labels[name];
  return typeof value === 'string' ? value : '';
}

/** What Prometheus drops when a value is no longer the metric's own. */
export const isReserved = (name: string): boolean =>
  name === '__name__' || name === '__type__' || name === '__unit__';

const RESERVED: readonly string[] = ['__name__', '__type__', '__unit__'];

/** Names of a label set in order; most sets come sorted already. */
export function sortedNames(labels: Labels): readonly string[] {
  const names = Object.keys(labels);
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort();
  return names;
}

export function without(labels: Labels, names: readonly string[]): Labels {
  let found = false;
  for (const name of names) if (labels[name] !== undefined) found = true;
  if (!found) return labels;
  const out: Record<string, string> = {};
  for (const name in labels) if (!names.includes(name)) out[name] = labels[name]!;
  return out;
}

export function only(labels: Labels, names: readonly string[]): Labels {
  const out: Record<string, string> = {};
  for (const name of names) {
    const value = labelOf(labels, name);
    if (value !== '') out[name] = value;
  }
  return out;
}

export const dropName = (labels: Labels): Labels => without(labels, RESERVED);

/** An empty value removes the label. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const out: Record<string, string> = { ...labels };
  if (value === '') delete out[name];
  else out[name] = value;
  return out;
}

export type KeyOf = (labels: Labels) => string;

/** Equal label sets, equal keys; for comparison only. An empty label is none. */
export const keyOf: KeyOf = (labels) => {
  let key = '';
  for (const name of sortedNames(labels)) {
    const value = labels[name]!;
    if (value !== '') key += name + SEPARATOR + value + SEPARATOR;
  }
  return key;
};

/** Key of the named labels only. */
export function keyOn(names: readonly string[]): KeyOf {
  const [first] = names;
  if (first === undefined) return () => '';
  if (names.length === 1) return (labels) => labelOf(labels, first);
  return (labels) => {
    let key = '';
    for (const name of names) key += labelOf(labels, name) + SEPARATOR;
    return key;
  };
}

/** Key of all labels but the named ones and the metric's name. */
export const keyIgnoring = (names: readonly string[]): KeyOf => keyExcept([...names, '__name__']);

/** Key of all labels but the named ones. */
export function keyExcept(names: readonly string[]): KeyOf {
  const ignored = new Set(names);
  return (labels) => {
    let key = '';
    for (const name of sortedNames(labels)) {
      const value = labels[name]!;
      if (value !== '' && !ignored.has(name)) key += name + SEPARATOR + value + SEPARATOR;
    }
    return key;
  };
}

/** Text whose order is that of Prometheus's label sets: by name, then by value, the shorter set first. */
export function orderKey(labels: Labels): string {
  let key = '';
  for (const name of sortedNames(labels)) key += `${name}\0${labels[name]!}\0`;
  return key;
}

/** A label set as Prometheus writes it in messages. */
export function formatLabels(labels: Labels): string {
  const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));
  const pairs = sortedNames(labels).map((name) => `${quoted(name)}=${JSON.stringify(labels[name])}`);
  return `{${pairs.join(', ')}}`;
}
