import { stripVTControlCharacters } from 'node:util';

const width = (text: string): number => [...stripVTControlCharacters(text)].length;

/** A number with at most a unit behind it. */
const isFigure = (text: string): boolean =>
  text === 'no data' || /^[<>~+-]?[\d.,]+\S*( \S+)?$/.test(stripVTControlCharacters(text));

/** Text table: columns padded to their widest cell, numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => width(row[i] ?? ''))));
  const right = header.map((_, i) => rows.length > 0 && rows.every((row) => isFigure(row[i] ?? '')));
  const line = (row: readonly string[]): string =>
    row
      .map((text, i) => {
        const gap = ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(text)));
        return right[i] ? gap + text : text + gap;
      })
      .join('  ')
      .trimEnd();
  return `${all.map(line).join('\n')}\n`;
}
