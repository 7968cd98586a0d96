import { zstdCompressSync } from 'node:zlib';
import type { Labels } from '@gumshoe/base/series';
import { jsonOf } from '../snapshot/bytes.ts';
import { inflate } from '../snapshot/inflate.ts';

const MAX_INFLATED = 256 * 1024 ** 2;

/** Canonical text of a label set, for maps: fast where the names come sorted, as they do from every server. */
export function labelText(labels: Labels): string {
  let text = '';
  let last = '';
  for (const name in labels) {
    if (name < last) return sortedText(labels);
    last = name;
    text += `${name}\u0000${labels[name]}\u0001`;
  }
  return text;
}

function sortedText(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}\u0000${labels[name]}\u0001`)
    .join('');
}

/**
 * A block of label sets: the distinct texts once, and for each set the indexes of its names and values, so that equal
 * values share one string in memory too. `shapes` are lists of names; most sets of a metric have the same.
 */
export function encodeLabelSets(sets: readonly Labels[]): Buffer {
  const texts = new Map<string, number>();
  const textOf = (text: string): number => {
    let index = texts.get(text);
    if (index === undefined) texts.set(text, (index = texts.size));
    return index;
  };
  const shapes = new Map<string, number>();
  const rows: number[] = [];
  for (const labels of sets) {
    const names = Object.keys(labels).sort();
    const key = JSON.stringify(names);
    let shape = shapes.get(key);
    if (shape === undefined) shapes.set(key, (shape = shapes.size));
    rows.push(shape, ...names.map((name) => textOf(labels[name] ?? '')));
  }
  const parts = [JSON.stringify([...texts.keys()]), `[${[...shapes.keys()].join()}]`, JSON.stringify(rows)];
  return zstdCompressSync(Buffer.from(`[${parts.join()}]`));
}

/** @throws Error when the block is damaged. */
export function decodeLabelSets(payload: Uint8Array): Labels[] {
  const parts = jsonOf(inflate(payload, MAX_INFLATED));
  const [texts, shapes, rows] = parts as [string[], string[][], number[]];
  const sets: Labels[] = [];
  for (let at = 0; at < rows.length;) {
    const names = shapes[rows[at++]!]!;
    const labels: Record<string, string> = {};
    for (const name of names) setLabel(labels, name, texts[rows[at++]!]!);
    sets.push(labels);
  }
  return sets;
}

/** Prometheus allows `__proto__` as the name of a label; as a property it would be another thing. */
function setLabel(labels: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(labels, name, { value, enumerable: true, configurable: true });
  else labels[name] = value;
}
