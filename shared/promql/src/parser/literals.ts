const DURATION_PART = /(\d+)(ms|s|m|h|d|w|y)/g;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Seconds of a number or duration literal (`1e3`, `0x1F`, `Inf`, `5m`, `1h30m`); NaN when it is neither. */
export function numberOrDuration(text: string): number {
  const signed = /^([+-])\s*(.*)$/s.exec(text);
  if (signed) return (signed[1] === '-' ? -1 : 1) * numberOrDuration(signed[2]!);
  const clean = text.replace(/_/g, '').toLowerCase();
  if (clean === 'inf') return Infinity;
  if (/^(\d+(ms|s|m|h|d|w|y))+$/.test(clean)) {
    let ms = 0;
    for (const match of clean.matchAll(DURATION_PART))
      ms += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? NaN);
    return ms / 1000;
  }
  if (/^0[0-7]+$/.test(clean)) return parseInt(clean, 8);
  return Number(clean);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

const ESCAPE = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[^])/g;

/**
 * Value of a quoted string as in Go: '…' and "…" with escapes, `…` raw. Throws SyntaxError in the words of Prometheus where it
 * does not end or holds an unknown escape.
 */
export function stringValue(text: string): string {
  const quote = text[0]!;
  const body = text.slice(1, -1);
  const escapedEnd = quote !== '`' && (/\\*$/.exec(body)?.[0].length ?? 0) % 2 === 1;
  if (text.length < 2 || !text.endsWith(quote) || escapedEnd) {
    throw new SyntaxError(`unterminated ${quote === '`' ? 'raw' : 'quoted'} string`);
  }
  if (quote === '`') return body;
  return body.replace(ESCAPE, (_, escape: string) => unescaped(escape, quote));
}

function unescaped(escape: string, quote: string): string {
  if (escape.length > 1) {
    const point = /^[xuU]/.test(escape) ? parseInt(escape.slice(1), 16) : parseInt(escape, 8);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
      throw new SyntaxError('escape sequence is an invalid Unicode code point');
    return String.fromCodePoint(point);
  }
  const value = escape === quote || escape === '\\' ? escape : ESCAPES[escape];
  if (value !== undefined) return value;
  const code = escape.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  throw new SyntaxError(`unknown escape sequence U+${code} '${escape}'`);
}
